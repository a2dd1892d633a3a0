// #region server
import { serve } from "@hono/node-server";
import { createHub } from "@tidings/server";
import { honoHandler } from "@tidings/server/hono";
import { Hono } from "hono";

const hub = createHub();
const app = new Hono();

app.get("/events", honoHandler(hub, { topics: ["news"] }));
app.post("/news", async (context) => {
  const { id } = await hub.publish("news", await context.req.text());
  return context.json({ id }, 201);
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});
// #endregion server

setInterval(() => hub.publish("news", { title: "Hello" }), 1000);
