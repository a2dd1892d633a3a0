// One contender on one workload, in this process: `node contender.mjs <contender> <workload>`. Prints JSON.
import { chunksOf, workloads } from "./workloads.mjs";

const WARM_UP_MS = 300;
const MEASURE_MS = 500;

/**
 * Each gives a function that feeds a chunk of a new stream.
 *
 * @typedef {(event: { data: string }) => void} OnEvent
 * @type {Record<string, (onEvent: OnEvent, bytes: boolean) => Promise<(chunk: any) => void>>}
 */
const contenders = {
  "@tidings/wire": async (onEvent) => {
    const { createParser } = await import("../../packages/wire/dist/index.js");
    return createParser({ onEvent }).feed;
  },
  "eventsource-parser": async (onEvent, bytes) => {
    const { createParser } = await import("../peers/node_modules/eventsource-parser/dist/index.js");
    const { feed } = createParser({ onEvent });
    if (!bytes) return feed;
    // It takes strings only: bytes go through a decoder, as its README has it.
    const decoder = new TextDecoder();
    return (chunk) => feed(decoder.decode(chunk, { stream: true }));
  },
};

const [, , contender = "", name = ""] = process.argv;
const workload = workloads[name];
const { chunks, length } = chunksOf(workload);

let seen = 0;
let wrong = 0;
/** @type {OnEvent} */
let take = ({ data }) => {
  if (data !== workload.data(seen)) wrong++;
  seen++;
};
const feed = await contenders[contender]((event) => take(event), workload.bytes === true);
run();
if (seen !== workload.events || wrong > 0) {
  throw new Error(`${contender} on ${name}: ${seen} of ${workload.events} events, ${wrong} of them wrong`);
}

let units = 0;
take = ({ data }) => {
  seen++;
  units += data.length;
};
measure(WARM_UP_MS);
seen = 0;
units = 0;
const { runs, seconds } = measure(MEASURE_MS);
const expected = Array.from({ length: workload.events }, (_, index) => workload.data(index).length);
if (seen !== runs * workload.events || units !== runs * expected.reduce((sum, size) => sum + size, 0)) {
  throw new Error(`${contender} on ${name}: lost events while measured`);
}
console.log(JSON.stringify({ events: seen / seconds, bytes: (runs * length) / seconds }));

function run() {
  for (const chunk of chunks) feed(chunk);
}

/**
 * Runs for so long of processor time, not of the clock's: what else the machine does must not count.
 *
 * @param {number} milliseconds
 */
function measure(milliseconds) {
  const start = process.cpuUsage();
  let runs = 0;
  let spent = 0;
  do {
    run();
    runs++;
    const { user, system } = process.cpuUsage(start);
    spent = (user + system) / 1000;
  } while (spent < milliseconds);
  return { runs, seconds: spent / 1000 };
}
