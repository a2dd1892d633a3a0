// #region server
import { createHub } from "@tidings/server";
import { fastifyHandler } from "@tidings/server/fastify";
import fastify from "fastify";

const hub = createHub();
const app = fastify();

app.get("/events", fastifyHandler(hub, { topics: ["news"] }));
app.post("/news", async (request, reply) => {
  const { id } = await hub.publish("news", request.body);
  return reply.code(201).send({ id });
});
app.addHook("preClose", () => hub.close());

const url = await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 3000) });
// #endregion server

console.log(url);
setInterval(() => hub.publish("news", { title: "Hello" }), 1000);
