// #region server
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";

const hub = createHub();
const app = express();

app.get(
  "/events",
  expressHandler(hub, {
    topics: ["news"],
    onConnect: (connection) => {
      connection.send("Welcome", { event: "welcome" });
    },
  }),
);
app.post("/news", express.text(), async (request, response) => {
  const { id } = await hub.publish("news", request.body);
  response.status(201).json({ id });
});

const server = app.listen(process.env.PORT ?? 3000);
// #endregion server

server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
setInterval(() => hub.publish("news", { title: "Hello" }), 1000);
