// Tidings, embedded: a hub in a plain node:http server. In memory, or with its history in the file that STORE names.
import { createServer } from "node:http";
import { createHub, memory } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { sqlite } from "@tidings/server/sqlite";

const { STORE } = process.env;
// As many as nchan keeps here, so that both replay what they hold.
const hub = createHub({ store: STORE === undefined ? memory() : sqlite(STORE), retention: { maxCount: 20_000 } });
await hub.ready;
const stream = nodeHandler(hub);
const PREFIX = "/topics/".length;

const server = createServer((request, response) => {
  if (request.method === "GET") return stream(request, response);
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", async () => {
    // POST /events takes a batch as NDJSON, as the hub does.
    await (request.url === "/events"
      ? hub.publishBatch(
          body
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line)),
        )
      : hub.publish(request.url?.slice(PREFIX) ?? "", body)
    ).catch(() => {});
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);

process.on("SIGTERM", async () => {
  server.close();
  await hub.close({ drain: 0 });
  process.exit(0);
});
