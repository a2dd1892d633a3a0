// Films come in with POST and go out as events; the log is a file, so that a restart loses none.
import { fileURLToPath } from "node:url";
import { createHub, TidingsError } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { sqlite } from "@tidings/server/sqlite";
import express from "express";

const { PORT = "3000", DATA = "movies.db" } = process.env;

// #region server
const hub = createHub({ store: sqlite(DATA) });
const app = express();

app.use(express.static(fileURLToPath(new URL("page/dist", import.meta.url))));
app.get("/events", expressHandler(hub, { topics: ["movies"] }));
app.post("/movie", express.json(), async (request, response) => {
  const { title } = request.body ?? {};
  if (typeof title !== "string" || title.trim() === "") {
    response.status(400).json({ error: 'Send {"title": "Alien"}.' });
    return;
  }
  const key = request.get("idempotency-key");
  const { id, repeated } = await hub.publish("movies", { title }, key === undefined ? {} : { idempotencyKey: key });
  response.status(repeated ? 200 : 201).json({ id });
});
// #endregion server

app.use(
  /** @type {import("express").ErrorRequestHandler} */
  (error, _request, response, next) => {
    if (!(error instanceof TidingsError)) return next(error);
    response.status(error.status).json({ error: error.message });
  },
);

await hub.ready;

const server = app.listen(Number(PORT), "127.0.0.1", (error) => {
  if (error) throw error;
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`movies is on http://127.0.0.1:${port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    server.close();
    await hub.close();
    server.closeAllConnections();
  });
}
