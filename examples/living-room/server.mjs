// Four streams of one server: a thermometer, random numbers, a long query, and messages of the user who is signed in.
import { fileURLToPath } from "node:url";
import { createHub, TidingsError } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";
import { eventStream } from "./event-stream.mjs";
import { queries } from "./queries.mjs";
import { readThermometer } from "./thermometer.mjs";
import { users } from "./users.mjs";

const { PORT = "3000", INTERVAL = "5000", QUERY_STEP = "250" } = process.env;

const hub = createHub();
const app = express();
const stop = new AbortController();

app.use(express.static(fileURLToPath(new URL("page/dist", import.meta.url))), express.json());

// #region temperature
const reading = hub.pipe("temperature", readThermometer(Number(INTERVAL), stop.signal));
app.get("/temperature", expressHandler(hub, { topics: ["temperature"] }));
// #endregion temperature

// #region random
app.get("/stream-random-numbers", eventStream, (_request, response) => {
  const timer = setInterval(() => response.sendEventStreamData({ number: Math.random() }), 1000);
  response.on("close", () => clearInterval(timer));
});
// #endregion random

app.use("/queries", queries(hub, { step: Number(QUERY_STEP), signal: stop.signal }));
app.use(users(hub));
app.get("/status", (_request, response) => {
  response.json({ connections: hub.status().connections });
});

app.use(
  /** @type {import("express").ErrorRequestHandler} */
  (error, _request, response, next) => {
    if (!(error instanceof TidingsError)) return next(error);
    response.status(error.status).json({ error: error.message });
  },
);

const server = app.listen(Number(PORT), "127.0.0.1", (error) => {
  if (error) throw error;
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`living-room is on http://127.0.0.1:${port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    stop.abort();
    await reading;
    server.close();
    await hub.close();
    server.closeAllConnections();
  });
}
