// #region server
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";

const hub = createHub({ retention: { topics: { stream: { maxCount: 100 } } } });
const app = express();

app.get("/stream", expressHandler(hub, { topics: ["stream"] }));
app.post("/content", express.json(), async (request, response) => {
  const { id } = await hub.publish("stream", request.body, { event: "content" });
  response.status(201).json({ id });
});
// #endregion server

const server = app.listen(process.env.PORT ?? 3000);
server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
