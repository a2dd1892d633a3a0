// An endpoint that says hello every second, and the page that listens to it. Node's own http, no framework.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

// #region stream
const hub = createHub();
const events = nodeHandler(hub, { topics: ["hello"] });

setInterval(() => {
  hub.publish("hello", { message: "Hello, world!" }).catch(console.error);
}, 1000).unref();
// #endregion stream

const page = await readFile(new URL("index.html", import.meta.url));

// #region routes
const server = createServer((request, response) => {
  switch (request.url) {
    case "/events":
      return events(request, response);
    case "/connections":
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ connections: hub.status().connections }));
    case "/":
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end(page);
    default:
      response.statusCode = 404;
      return response.end("There are /, /events and /connections.\n");
  }
});
// #endregion routes

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`hello-stream is on http://127.0.0.1:${port}`);
});

// #region close
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    server.close();
    await hub.close();
    server.closeAllConnections();
  });
}
// #endregion close
