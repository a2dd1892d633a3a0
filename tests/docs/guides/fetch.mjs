// A stand-in for whatever calls fetch handlers: a framework's route handlers, Bun, Deno. Here it is Hono's Node server.
import { serve } from "@hono/node-server";

// #region handler
import { createHub } from "@tidings/server";
import { fetchHandler } from "@tidings/server/fetch";

const hub = createHub();

export const GET = fetchHandler(hub, { topics: ["news"] });
// #endregion handler

serve({ fetch: GET, port: Number(process.env.PORT ?? 3000) }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
setInterval(() => hub.publish("news", { title: "Hello" }), 1000);
