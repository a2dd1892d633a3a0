// #region server
import { createServer } from "node:http";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

const hub = createHub();
const events = nodeHandler(hub, { topics: ["news"] });

const server = createServer((request, response) => {
  if (request.url?.startsWith("/events")) return events(request, response);
  response.writeHead(404).end();
});
server.listen(process.env.PORT ?? 3000);

setInterval(() => hub.publish("news", { title: "Hello" }), 1000);
// #endregion server

server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});

// #region close
process.once("SIGTERM", async () => {
  server.close();
  await hub.close();
  process.exit();
});
// #endregion close
