// Tidings as a program of its own: the HTTP API. In memory, or with its history in the file that STORE names.
import { startHub } from "tidings";

const { STORE } = process.env;
const hub = await startHub({
  port: Number(process.argv[2]),
  maxCount: 1_000,
  logLevel: "silent",
  ...(STORE === undefined ? { memory: true } : { data: STORE }),
});
await hub.hub.ready;
process.on("SIGTERM", () => void hub.close().then(() => process.exit(0)));
