// How fast `connect` is from bytes to listener, and that its memory stays flat. Not the network: the body of the answer is made
// in memory, in pieces of 64 KiB, as a socket gives them at its best.
//   node benchmarks/client/bench.mjs          each way of listening once over a million events, alternating, median of five
//   node benchmarks/client/bench.mjs --flat   10 million events through one stream; the heap after each million
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connect } from "@tidings/client";

const { values: flags } = parseArgs({ options: { flat: { type: "boolean", default: false } } });
const MILLION = 1_000_000;
const PIECE = 64 * 1024;

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** What an event of a Tidings hub looks like: 70 bytes. */
const toBlock = (n) => `id: m3k9x2a-${n}\nevent: price\ntopic: orders/${n % 100}\ndata: {"total":${n}}\n\n`;

/** A body of so many events, made while it is read. */
function createBody(count) {
  const encoder = new TextEncoder();
  let n = 0;
  return new ReadableStream(
    {
      pull(controller) {
        let text = n === 0 ? 'event: tidings:open\ndata: {"connection":"c","heartbeat":15000}\n\n' : "";
        while (text.length < PIECE && n < count) text += toBlock(++n);
        if (text === "") controller.close();
        else controller.enqueue(encoder.encode(text));
      },
    },
    { highWaterMark: 0 },
  );
}

/** The same, made beforehand, so that only reading it is measured. */
async function prepareBody(count) {
  const pieces = [];
  for await (const piece of createBody(count)) pieces.push(piece);
  return () => {
    let at = 0;
    return new ReadableStream(
      {
        pull(controller) {
          if (at === pieces.length) controller.close();
          else controller.enqueue(pieces[at++]);
        },
      },
      { highWaterMark: 0 },
    );
  };
}

/** A server that answers once with a body, and then with 204. */
function answerOnce(body) {
  let isAnswered = false;
  return async () => {
    if (isAnswered) return new Response(null, { status: 204 });
    isAnswered = true;
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

const open = (body, options) => connect("http://localhost/", { fetch: answerOnce(body), retry: 1, ...options });

const WAYS = {
  "on(event), JSON": async (body) => {
    const stream = open(body, {});
    let count = 0;
    stream.on("event", () => count++);
    await stream.closed;
    return count;
  },
  "on(event), raw": async (body) => {
    const stream = open(body, { raw: true });
    let count = 0;
    stream.on("event", () => count++);
    await stream.closed;
    return count;
  },
  "for await, raw": async (body) => {
    let count = 0;
    for await (const _ of open(body, { raw: true })) count++;
    return count;
  },
};

if (flags.flat) await measureMemory();
else await measureSpeed();

async function measureSpeed() {
  const createBodyAgain = await prepareBody(MILLION);
  const times = Object.fromEntries(Object.keys(WAYS).map((name) => [name, []]));
  for (let round = 0; round < 6; round++) {
    for (const [name, run] of Object.entries(WAYS)) {
      gc();
      const before = process.cpuUsage();
      const count = await run(createBodyAgain());
      const { user, system } = process.cpuUsage(before);
      if (count !== MILLION) throw new Error(`${name}: ${count} of ${MILLION} events`);
      // The first round warms up.
      if (round > 0) times[name].push((user + system) / MILLION);
    }
  }
  console.log(`Node ${process.version}, processor time, 1 M events of 70 bytes, median of 5 [fastest to slowest]`);
  for (const [name, each] of Object.entries(times)) {
    const [fastest, , median, , slowest] = each.toSorted((a, b) => a - b).map((seconds) => MILLION / seconds / MILLION);
    const show = (rate) => `${(rate ?? 0).toFixed(2)} M/s`;
    console.log(`${name.padEnd(18)} ${show(median)}  [${show(fastest)} to ${show(slowest)}]`);
  }
}

async function measureMemory() {
  const stream = open(createBody(10 * MILLION), {});
  let count = 0;
  stream.on("event", () => {
    if (++count % MILLION !== 0) return;
    gc();
    const { heapUsed, rss } = process.memoryUsage();
    console.log(
      `${count / MILLION} M events: heap ${(heapUsed / 2 ** 20).toFixed(2)} MiB, rss ${(rss / 2 ** 20).toFixed(0)} MiB`,
    );
  });
  await stream.closed;
}
