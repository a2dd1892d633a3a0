// A page and its stream over Express: a greeting for each reader, then the date every five seconds, kept in a file.
import { fileURLToPath } from "node:url";
import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { sqlite } from "@tidings/server/sqlite";
import express from "express";
import { publishDates } from "./dates.mjs";

const { PORT = "3000", DATA = "subscribe.db", INTERVAL = "5000" } = process.env;

// #region server
const hub = createHub({ store: sqlite(DATA) });
const app = express();

app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
app.get(
  "/subscribe",
  expressHandler(hub, {
    topics: ["dates"],
    onConnect: (connection) => {
      connection.send("You are now subscribed!", { event: "connected" });
    },
  }),
);
// #endregion server

const stop = new AbortController();
await hub.ready;
const publishing = publishDates(hub, { interval: Number(INTERVAL), signal: stop.signal });

const server = app.listen(Number(PORT), "127.0.0.1", (error) => {
  if (error) throw error;
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`subscribe is on http://127.0.0.1:${port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    stop.abort();
    await publishing;
    server.close();
    await hub.close();
    server.closeAllConnections();
  });
}
