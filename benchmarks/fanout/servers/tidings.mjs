// Tidings, embedded: a hub in a plain node:http server.
import { createServer } from "node:http";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

const hub = createHub();
const stream = nodeHandler(hub);

createServer((request, response) => {
  if (request.method === "GET") return stream(request, response);
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", async () => {
    await hub.publish("bench", body);
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);
