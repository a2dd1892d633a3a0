// One client in this process, from the bytes of one answer to a listener: node contender.mjs <contender> <events>. Prints
// events a second of processor time. The body is made in memory, beforehand, in pieces of 64 KiB; the first run warms up.
import { createRequire } from "node:module";
import { connect } from "@tidings/client";
import { EventSource } from "@tidings/client/eventsource";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const [contender = "", events = ""] = process.argv.slice(2);
const COUNT = Number(events);
const PIECE = 64 * 1024;
const URL_OF_ALL = "http://localhost/";

const pieces = [];
const toId = (n) => `m3k9x2a-${n}`;
const toData = (n) => `{"total":${n},"of":"orders/${n % 100}"}`;
for (let n = 0; n < COUNT; ) {
  let text = "";
  while (text.length < PIECE && n < COUNT) text += `id: ${toId(++n)}\ndata: ${toData(n)}\n\n`;
  pieces.push(new TextEncoder().encode(text));
}

/** Answers once; what comes after is closed for good by a 204. */
function createFetch() {
  let isAnswered = false;
  return async () => {
    if (isAnswered) return new Response(null, { status: 204 });
    isAnswered = true;
    let at = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          if (at === pieces.length) controller.close();
          else controller.enqueue(pieces[at++]);
        },
      },
      { highWaterMark: 0 },
    );
    // A Response that is made has no address, and some clients ask for it.
    const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
    return Object.defineProperty(response, "url", { value: URL_OF_ALL });
  };
}

/** Looks at each event of the first run, and only counts in the second, which is measured. */
let check = (id, data, n) => {
  if (id !== toId(n) || data !== toData(n)) throw new Error(`${contender}: event ${n} is ${id} ${data}`);
};

/** The class of the standard, ours or another's: `message` with its data, as a string. */
const listen = (Class) => () =>
  new Promise((resolve) => {
    const source = new Class(URL_OF_ALL, { fetch: createFetch() });
    let seen = 0;
    source.addEventListener("message", ({ lastEventId, data }) => {
      check(lastEventId, data, ++seen);
      if (seen === COUNT) {
        source.close();
        resolve(seen);
      }
    });
  });

const contenders = {
  "tidings EventSource": listen(EventSource),
  "tidings connect": async () => {
    const stream = connect(URL_OF_ALL, { fetch: createFetch(), retry: 1, raw: true });
    let seen = 0;
    stream.on("event", ({ id, data }) => check(id, data, ++seen));
    await stream.closed;
    return seen;
  },
  "eventsource 5": listen(require("eventsource").EventSource),
  // Nothing is read and nothing parsed: what is left of the standard's class when everything else is left out.
  "bare MessageEvent": async () => {
    const target = new EventTarget();
    const origin = new URL(URL_OF_ALL).origin;
    let seen = 0;
    target.addEventListener("message", ({ lastEventId, data }) => check(lastEventId, data, ++seen));
    for (let n = 1; n <= COUNT; n++) {
      target.dispatchEvent(new MessageEvent("message", { data: toData(n), origin, lastEventId: toId(n) }));
    }
    return seen;
  },
};

const run = contenders[/** @type {keyof typeof contenders} */ (contender)];
await run();
check = () => {};
const before = process.cpuUsage();
const seen = await run();
const { user, system } = process.cpuUsage(before);
if (seen !== COUNT) throw new Error(`${contender}: ${seen} of ${COUNT} events`);
console.log(JSON.stringify({ events: (COUNT * 1e6) / (user + system) }));
process.exit(0);
