// @fastify/sse as its documentation shows it: a route with `sse: "only"`, and `reply.sse.send` for each reader.
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const fastify = require("fastify");

const app = fastify();
// The body as it is, as the others send it; the default serializer would write JSON.
await app.register(require("@fastify/sse"), { serializer: String });
const replies = new Set();
let id = 0;

app.get("/events", { sse: "only" }, async (_request, reply) => {
  reply.sse.keepAlive();
  replies.add(reply);
  reply.sse.onClose(() => replies.delete(reply));
  await reply.sse.send({ data: "open" });
});

app.post("/topics/bench", async (request, reply) => {
  id++;
  for (const each of replies) each.sse.send({ id: String(id), data: request.body }).catch(() => {});
  return reply.code(201).send();
});

await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
