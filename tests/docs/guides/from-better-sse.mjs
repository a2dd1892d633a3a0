// #region server
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";

const hub = createHub();
const app = express();

app.get(
  "/sse",
  expressHandler(hub, {
    topics: ["ticker"],
    onConnect: (connection) => {
      connection.send({ text: "Hello" }, { event: "greeting" });
    },
  }),
);

let count = 0;
const ticking = setInterval(() => hub.publish("ticker", { count: ++count }, { event: "tick" }), 1000);
// #endregion server
ticking.unref();

const server = app.listen(process.env.PORT ?? 3000);
server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
