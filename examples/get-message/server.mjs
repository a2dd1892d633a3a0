// Two servers, as in development: a backend over Express, and Vite's with the React page, on a port of its own.
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";
import { createServer as createViteServer } from "vite";
import { allowOrigins } from "./allow-origins.mjs";

const { PORT = "5000", PAGE_PORT = "5173" } = process.env;

// #region backend
/** @type {Set<string>} */
const origins = new Set();
const hub = createHub();
const app = express();

app.use(allowOrigins(origins));
app.get("/addClient", expressHandler(hub, { topics: ["messages"] }));
app.post("/message", express.json(), async (request, response) => {
  const { message } = request.body ?? {};
  if (typeof message !== "string" || message === "") {
    response.status(400).json({ error: 'Send {"message": "some text"}.' });
    return;
  }
  const { id } = await hub.publish("messages", { message });
  response.status(201).json({ id });
});
app.get("/clients", (_request, response) => {
  response.json({ clients: hub.status().connections });
});
// #endregion backend

const backend = app.listen(Number(PORT), "127.0.0.1", async (error) => {
  if (error) throw error;
  const page = await servePage(`http://localhost:${portOf(backend)}`);
  for (const host of ["localhost", "127.0.0.1"]) origins.add(`http://${host}:${page.port}`);
  console.log(`get-message is on http://127.0.0.1:${page.port}, its backend on port ${portOf(backend)}`);

  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      backend.close();
      await Promise.all([hub.close(), page.close()]);
      backend.closeAllConnections();
    });
  }
});

/**
 * Serves the page through Vite, and tells it where the backend is.
 *
 * @param {string} backendUrl
 */
async function servePage(backendUrl) {
  process.env.VITE_BACKEND = backendUrl;
  const server = createServer();
  // A server of its own would end the process at a signal, ahead of the backend.
  const vite = await createViteServer({
    root: fileURLToPath(new URL("page", import.meta.url)),
    server: { middlewareMode: { server } },
  });
  server.on("request", vite.middlewares);
  server.listen(Number(PAGE_PORT), "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    async close() {
      server.close();
      await vite.close();
      server.closeAllConnections();
    },
  };
}

/** @param {import("node:http").Server} server */
function portOf(server) {
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}
