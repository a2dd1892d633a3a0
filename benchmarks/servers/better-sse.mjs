// better-sse as its documentation shows it: a session per reader, registered on a channel, and `channel.broadcast`.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const { createChannel, createSession } = require("better-sse");

const channel = createChannel();

createServer(async (request, response) => {
  if (request.method === "GET") {
    // The body as it is, as the others send it; the default serializer would write JSON.
    channel.register(await createSession(request, response, { serializer: String }));
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    channel.broadcast(body, "message");
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);
