// A hub that publishes `ticks`: node server.mjs <events a second>. Prints its address; starts when somebody listens.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { build } from "esbuild";

const rate = Number(process.argv[2]);
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("page.jsx", import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
});
// The 1,000 that a topic holds by default are some milliseconds here: a page that pauses for longer would be told of a gap, and spared work.
const hub = createHub({ retention: { topics: { ticks: { maxCount: 200_000 } } } });
const stream = nodeHandler(hub);
const server = createServer((request, response) => {
  if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(outputFiles[0]?.text);
  else if (request.url?.startsWith("/events")) stream(request, response);
  else {
    response
      .setHeader("content-type", "text/html")
      .end('<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="/page.js"></script>');
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));

let published = 0;
let since;
setInterval(() => {
  if (hub.connections().length === 0) return;
  since ??= performance.now();
  const due = Math.floor(((performance.now() - since) / 1_000) * rate);
  while (published < due) {
    const batch = [];
    while (published < due && batch.length < 1_000) {
      batch.push({ topic: "ticks", data: { n: published++, text: "The quick brown fox" } });
    }
    void hub.publishBatch(batch);
  }
}, 5);
