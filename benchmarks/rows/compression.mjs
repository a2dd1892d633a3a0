import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { constants, createGunzip } from "node:zlib";
import { alternate, atLeast, atMost, ratio } from "../lib/figures.mjs";
import { freePort, holdReaders } from "../lib/servers.mjs";

const SERVER = fileURLToPath(new URL("../servers/compressed.mjs", import.meta.url));
const PEERS = ["express + compression", "better-sse behind compression"];
/** What nobody writes by hand, and the least that compressing for each connection can cost. */
const IDEAL = "express + compression, a write a batch";
const READERS = 1_000;
const COST = "µs of CPU to compress a batch";
const BYTES = "bytes of a batch to a reader";

/**
 * Batches of 20 small JSON events to 1,000 readers that take gzip: what compressing takes of the processor. Measured is
 * the processor time of the threads in which streams of zlib compress (V8 has none of its own here), and of `deflateRawSync`.
 * What streams of zlib cost the first thread beside is left out, in favour of those that use them.
 */
export async function compression({ rounds, quick }) {
  const batches = quick ? 2 : 5;
  const { samples, voids } = await alternate(["tidings", ...PEERS, IDEAL], rounds, (contender) =>
    measure(contender, "gzip", batches),
  );
  const { samples: plain, voids: plainVoids } = await alternate(["tidings"], rounds, (contender) =>
    measure(contender, "identity", batches),
  );
  const row = {
    better: "less",
    voids: { ...voids, ...plainVoids },
    samples: { ...samples, "tidings, not compressed": plain.tidings },
  };
  const least = (figure, peers) => peers.map((peer) => ratio(samples, peer, figure)).sort((a, b) => b - a)[0];
  return [
    {
      ...row,
      title: "Compression: 20 events a flush to 1,000 readers",
      figure: COST,
      columns: ["µs of CPU in all"],
      targets: [atLeast("times less than the cheaper of the two peers", 1 / least(COST, PEERS), 50)],
    },
    {
      ...row,
      title: "Compression: bytes on the wire",
      figure: BYTES,
      columns: [],
      targets: [atMost("times those of the smallest of the others", least(BYTES, [...PEERS, IDEAL]), 3)],
    },
  ];
}

async function measure(contender, encoding, batches) {
  const port = await freePort();
  const child = spawn("taskset", [
    ...[
      "-c",
      "0",
      process.execPath,
      "--single-threaded",
      SERVER,
      String(port),
      contender,
      encoding,
      String(READERS + 1),
      String(batches),
    ],
  ]);
  child.stderr.pipe(process.stderr);
  const exited = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let witness;
  let result;
  try {
    await lines.next();
    const held = await holdReaders(port, READERS);
    witness = listen(port, encoding);
    witness.catch(() => {});
    result = JSON.parse((await lines.next()).value);
    await held.release();
  } finally {
    child.kill();
    await exited;
  }
  await witness.catch((error) => Promise.reject(new Error(`${contender}: ${error.message}`)));
  return { [COST]: result.zlib, "µs of CPU in all": result.all, [BYTES]: result.bytes };
}

/** One reader that looks: every event once, in order. */
async function listen(port, encoding) {
  const [response] = await once(get({ port, path: "/events", headers: { "accept-encoding": encoding } }), "response");
  const isPacked = response.headers["content-encoding"] === "gzip";
  if (isPacked !== (encoding === "gzip")) throw new Error("It is not encoded as was asked");
  const body = isPacked
    ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }))
    : response;
  response.on("error", () => body.end?.());
  let text = "";
  for await (const piece of body.setEncoding("utf8")) text += piece;
  const orders = [...text.matchAll(/"order":(\d+)/g)].map(([, order]) => Number(order));
  const wrong = orders.findIndex((order, at) => order !== 10_000 + ((at * 7919) % 90_000));
  if (orders.length === 0 || wrong !== -1) throw new Error(`void: event ${wrong} of ${orders.length} is out of place`);
}
