// Hono on its Node server, as its documentation shows it: `streamSSE`, and `stream.writeSSE` for each reader.
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const { serve } = require("@hono/node-server");
const { Hono } = require("hono");
const { streamSSE } = require("hono/streaming");

const app = new Hono();
const streams = new Set();
let id = 0;

app.get("/events", (context) =>
  streamSSE(context, async (stream) => {
    streams.add(stream);
    await stream.writeSSE({ data: "open" });
    await new Promise((resolve) => stream.onAbort(() => resolve(undefined)));
    streams.delete(stream);
  }),
);

app.post("/topics/bench", async (context) => {
  const data = await context.req.text();
  id++;
  for (const stream of streams) stream.writeSSE({ id: String(id), data }).catch(() => {});
  return context.body(null, 201);
});

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
