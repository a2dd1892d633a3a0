// #region embed
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { sqlite } from "@tidings/server/sqlite";
import express from "express";

const hub = createHub({ store: sqlite("tidings.db") }); // createHub() alone keeps its history in memory
const app = express();
app.get("/events", expressHandler(hub, { topics: ["orders/*"] }));
app.post("/orders/:id", express.json(), async (request, response) => {
  await hub.publish(`orders/${request.params.id}`, request.body, { event: "price" });
  response.sendStatus(204);
});
const server = app.listen(process.env.PORT ?? 3000);
// #endregion embed

server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
