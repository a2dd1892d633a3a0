import { type Agent, get, type IncomingMessage } from "node:http";
import { get as getSecure } from "node:https";
import { createParser } from "@tidings/wire";
import { readData } from "./plan.ts";
import { createVerdict, type Faults } from "./verdict.ts";

/** One reader: a bare request and the parser, so that thousands of them fit into one process. */
export interface Reader {
  /** Milliseconds from the request to `tidings:live`. */
  readonly connectTime: number;
  /** Index of its topic. */
  readonly topic: number;
  /** Whether the stream has ended, or was cut. */
  readonly isCut: boolean;
  has(count: number): boolean;
  faults(count: number): Faults;
  close(): void;
}

/** How long a reader may take to be live, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Opens a stream and settles when it is live.
 *
 * @param onDelivered gets each event's latency in milliseconds, the first time it comes
 * @throws Error saying why it is not
 */
export function openReader(
  address: string,
  topic: number,
  headers: Readonly<Record<string, string>>,
  agent: Agent,
  onDelivered: (latency: number) => void,
): Promise<Reader> {
  const start = performance.now();
  const verdict = createVerdict();
  let isCut = false;
  return new Promise((resolve, reject) => {
    const request = (address.startsWith("https:") ? getSecure : get)(
      address,
      { agent, headers: { accept: "text/event-stream, application/problem+json", ...headers } },
      (response) => void read(response).catch(reject),
    );
    const timer = setTimeout(() => request.destroy(new Error(`no tidings:live within ${PATIENCE / 1000} s`)), PATIENCE);
    request.on("error", reject);
    request.on("close", () => {
      isCut = true;
      clearTimeout(timer);
      reject(new Error("the stream ended before tidings:live"));
    });

    async function read(response: IncomingMessage): Promise<void> {
      if (response.statusCode !== 200) {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text = `${text}${chunk}`.slice(0, 1000);
        throw new Error(`${response.statusCode} ${toDetail(text)}`);
      }
      const parser = createParser({
        onEvent: ({ event, data }) => {
          if (event === "tidings:live") settle();
          if (event !== "message") return;
          const read = readData(data);
          if (read !== undefined && verdict.take(read.number)) onDelivered(performance.now() - read.at);
        },
      });
      response.on("data", (chunk: Uint8Array) => parser.feed(chunk));
      // What ends it is told by "close".
      response.on("error", () => {});
    }

    function settle(): void {
      clearTimeout(timer);
      resolve({
        connectTime: performance.now() - start,
        topic,
        get isCut() {
          return isCut;
        },
        has: verdict.has,
        faults: verdict.faults,
        close: () => void request.destroy(),
      });
    }
  });
}

/** The sentence of a problem document, or nothing. */
function toDetail(text: string): string {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail ?? "");
  } catch {
    return "";
  }
}
