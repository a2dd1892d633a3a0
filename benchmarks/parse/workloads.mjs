// The streams to parse. Each is made of blocks of one form, cut into chunks of one size, and knows the events it holds.

const BLOCK = 125;
const CHUNK = 16 * 1024;

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {number} events
 * @property {(index: number) => string} block
 * @property {(index: number) => string} data what a reader must make of the block
 * @property {number} [chunk] code units (or bytes) in a chunk
 * @property {true} [bytes] fed as UTF-8
 */

/** @type {Record<string, Workload>} */
export const workloads = {
  data: {
    title: "one line of data",
    events: 16_000,
    block: (index) => `data: ${number(index)}${fill(BLOCK - 14)}\n\n`,
    data: (index) => `${number(index)}${fill(BLOCK - 14)}`,
  },
  fields: {
    title: "id, event, topic and data, as a hub sends them",
    events: 16_000,
    block: (index) =>
      `id: m3k9x2-${number(index)}\nevent: price\ntopic: orders/${number(index)}\ndata: ${fill(68)}\n\n`,
    data: () => fill(68),
  },
  lines: {
    title: "six lines of data",
    events: 16_000,
    block: (index) => `${`data: ${number(index)}${fill(8)}\n`.repeat(6)}\n`,
    data: (index) =>
      Array(6)
        .fill(`${number(index)}${fill(8)}`)
        .join("\n"),
  },
  crlf: {
    title: "one line of data, ended by CRLF",
    events: 16_000,
    block: (index) => `data: ${number(index)}${fill(BLOCK - 16)}\r\n\r\n`,
    data: (index) => `${number(index)}${fill(BLOCK - 16)}`,
  },
  huge: {
    title: "one line of 1 MiB",
    events: 8,
    block: (index) => `data: ${number(index)}${fill(2 ** 20)}\n\n`,
    data: (index) => `${number(index)}${fill(2 ** 20)}`,
  },
  single: {
    title: "one line of data, one character a chunk",
    events: 2_000,
    chunk: 1,
    block: (index) => `data: ${number(index)}${fill(BLOCK - 14)}\n\n`,
    data: (index) => `${number(index)}${fill(BLOCK - 14)}`,
  },
  bytes: {
    title: "bytes: id, event, topic and data",
    events: 16_000,
    bytes: true,
    block: (index) => workloads.fields.block(index),
    data: (index) => workloads.fields.data(index),
  },
  kanji: {
    title: "bytes: one line of data that is not ASCII",
    events: 16_000,
    bytes: true,
    block: (index) => `data: ${number(index)}${"日本語".repeat(12)}\n\n`,
    data: (index) => `${number(index)}${"日本語".repeat(12)}`,
  },
};

/**
 * The stream of a workload.
 *
 * @param {Workload} workload
 * @returns {{ chunks: (string | Uint8Array)[], length: number }} and its length in bytes
 */
export function chunksOf({ events, block, chunk = CHUNK, bytes }) {
  const encoded = Buffer.from(Array.from({ length: events }, (_, index) => block(index)).join(""));
  const chunks = [];
  for (let start = 0; start < encoded.length; start += chunk) {
    // A copy: a view, or a slice of one long string, would not be what comes from a socket.
    const part = new Uint8Array(encoded.subarray(start, start + chunk));
    chunks.push(bytes ? part : Buffer.from(part).toString("latin1"));
  }
  return { chunks, length: encoded.length };
}

/** @param {number} index */
function number(index) {
  return String(100_000 + index);
}

/** @param {number} length */
function fill(length) {
  return "x".repeat(length);
}
