// Sends `ticks`: node server.mjs <events a second> [hub | blocks]. Prints its address; starts when somebody listens.
// "hub" is a hub that they are published to; "blocks" writes what a hub would, for a tenth of the work: beside a page that is given
// hundreds of thousands a second a hub takes the processor that the page needs.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { encodeEvent } from "@tidings/wire";
import { build } from "esbuild";

const rate = Number(process.argv[2]);
const source = process.argv[3] === "blocks" ? writeBlocks() : publish();
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("page.jsx", import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
});
const server = createServer((request, response) => {
  if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(outputFiles[0]?.text);
  else if (request.url?.startsWith("/events")) source.listen(request, response);
  else {
    response
      .setHeader("content-type", "text/html")
      .end('<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="/page.js"></script>');
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));

let sent = 0;
let since;
setInterval(() => {
  if (!source.isHeard()) return;
  since ??= performance.now();
  const due = Math.floor(((performance.now() - since) / 1_000) * rate);
  while (sent < due && source.takes()) {
    const end = Math.min(due, sent + 1_000);
    source.send(sent, end);
    sent = end;
  }
}, 5);

function publish() {
  // The 1,000 that a topic holds by default are some milliseconds here: a page that pauses for longer would be told of a gap, and spared work.
  const hub = createHub({ retention: { topics: { ticks: { maxCount: 200_000 } } } });
  return {
    listen: nodeHandler(hub),
    isHeard: () => hub.connections().length > 0,
    takes: () => true,
    send(start, end) {
      const batch = [];
      for (let n = start; n < end; n++) batch.push({ topic: "ticks", data: toData(n) });
      void hub.publishBatch(batch);
    },
  };
}

function writeBlocks() {
  let reader;
  const [idTo, nTo, rest] = encodeEvent({ id: "1-#", topic: "ticks", data: JSON.stringify(toData("#")) })
    .replace('"#"', "#")
    .split("#");
  return {
    listen(_request, response) {
      reader = response;
      // Ends with the connection, as a hub's does.
      reader.removeHeader("transfer-encoding");
      reader.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store, no-transform" });
      const opened = { connection: "1", heartbeat: 15_000, topics: ["ticks"] };
      reader.write(encodeEvent({ id: "1-0", event: "tidings:open", retry: 1_000, data: JSON.stringify(opened) }));
      reader.write(encodeEvent({ id: "1-0", event: "tidings:live", data: "{}" }));
    },
    isHeard: () => reader !== undefined,
    // What a page does not take waits, and is missing from what it shows.
    takes: () => reader.writableLength < 2 ** 22,
    send(start, end) {
      let blocks = "";
      for (let n = start; n < end; n++) blocks += `${idTo}${n + 1}${nTo}${n}${rest}`;
      reader.write(blocks, "latin1");
    },
  };
}

function toData(n) {
  return { n, text: "The quick brown fox" };
}
