import type { connect } from "@tidings/client";
import { expect, test } from "vitest";
import type { BrowserName } from "../../../../../tests/support/browsers.ts";
import type { ConnectOptions, StreamEvents } from "../../../src/types.ts";
import { type Answer, CORS, startServer } from "./server.ts";

// One table of cases, for Node, pages and workers: what a server does, and what a reader hears and asks.

interface Case {
  readonly name: string;
  readonly options?: ConnectOptions;
  /** The browser that mends it by itself, so that a page hears nothing of it. */
  readonly isHiddenBy?: BrowserName;
  readonly answer: Answer;
  /** What is heard up to the last, by type. */
  readonly hears: readonly (readonly [type: keyof StreamEvents, event: unknown])[];
  /** The ids that it comes back with. */
  readonly asks: readonly (string | null)[];
}

const OPEN = 'id: e-0\nretry: 10\nevent: tidings:open\ndata: {"connection":"c","heartbeat":15000}\n\n';
const opened = ["open", { connection: "c", heartbeat: 15000 }] as const;
const event = (id: string, data: unknown, topic?: string) => ["event", { id, event: "message", topic, data }] as const;

const CASES: readonly Case[] = [
  {
    name: "events of a hub, a cut, a resume without repeats, and the end",
    answer({ stream, end, refuse }, number) {
      if (number === 3) return refuse(204, CORS);
      const gap = 'id: e-2\nevent: tidings:gap\ndata: {"reason":"trimmed","after":"e-1","resumesAt":"e-2"}\n\n';
      const live = "id: e-3\nevent: tidings:live\ndata: {}\n\n";
      stream(number === 1 ? `${OPEN}${gap}id: e-3\ntopic: a\ndata: {"n":1}\n\n${live}` : OPEN, CORS);
      if (number === 1) end();
      else
        end(
          'id: e-3\ntopic: a\ndata: 1\n\nid: e-4\ntopic: a\ndata: €\n\nid: e-4\nevent: tidings:end\ndata: {"topic":"a"}\n\n',
        );
    },
    hears: [
      ["status", "open"],
      opened,
      ["gap", { reason: "trimmed", after: "e-1", resumesAt: "e-2" }],
      event("e-3", { n: 1 }, "a"),
      ["live", { id: "e-3" }],
      ["error", "network"],
      ["status", "waiting"],
      ["status", "connecting"],
      ["status", "open"],
      opened,
      event("e-4", "€", "a"),
      ["end", { topic: "a" }],
      ["status", "connecting"],
      ["status", "closed"],
    ],
    asks: [null, "e-3", "e-4"],
  },
  {
    name: "any server: comments, CRLF, no ids, a bye of its own making",
    answer: ({ stream, end }) => {
      stream(": hi\r\n\r\nevent: price\r\ndata: [1]\r\n\r\ndata: a\r\ndata: b\r\n\r\n", CORS);
      end('event: tidings:bye\ndata: {"reason":"kicked","reconnect":false}\n\n');
    },
    hears: [
      ["status", "open"],
      ["open", { connection: undefined, heartbeat: undefined }],
      ["comment", "hi"],
      ["event", { id: "", event: "price", topic: undefined, data: [1] }],
      event("", "a\nb"),
      ["bye", { reason: "kicked", reconnect: false }],
      ["status", "closed"],
    ],
    asks: [null],
  },
  {
    name: "a refusal, with its problem",
    answer: ({ refuse }) =>
      refuse(403, { ...CORS, "content-type": "application/problem+json" }, '{"code":"forbidden"}'),
    hears: [
      ["error", "http_status 403 forbidden"],
      ["status", "closed"],
    ],
    asks: [null],
  },
  {
    name: "what is no stream",
    answer: ({ stream }) => stream("data: x\n\n", { ...CORS, "content-type": "text/html" }),
    hears: [
      ["error", "content_type 200"],
      ["status", "closed"],
    ],
    asks: [null],
  },
  {
    name: "a server that has had enough, then is silent",
    // Also an answer has to come within it, however busy the machine is.
    options: { stall: 2500, lastEventId: "5", raw: true },
    answer({ stream, refuse }, number) {
      if (number === 1) return refuse(503, CORS);
      if (number === 2) return stream("retry: 5\ndata: 1\n\n", CORS);
      refuse(204, CORS);
    },
    hears: [
      ["error", "http_status 503"],
      ["status", "waiting"],
      ["status", "connecting"],
      ["status", "open"],
      ["open", { connection: undefined, heartbeat: undefined }],
      event("5", "1"),
      ["error", "stalled"],
      ["status", "waiting"],
      ["status", "connecting"],
      ["status", "closed"],
    ],
    asks: ["5", "5", "5"],
  },
  {
    name: "a server that cuts before it answers",
    isHiddenBy: "Firefox",
    answer: ({ cut, refuse }, number) => (number === 1 ? cut() : refuse(204, CORS)),
    hears: [
      ["error", "network"],
      ["status", "waiting"],
      ["status", "connecting"],
      ["status", "closed"],
    ],
    asks: [null, null],
  },
  {
    name: "POST, once",
    options: { method: "POST", body: "x" },
    answer({ asked, stream, end, refuse }) {
      if (asked.body !== "x") return refuse(400, CORS);
      stream(`data: "${asked.method}"\n\n`, CORS);
      end();
    },
    hears: [
      ["status", "open"],
      ["open", { connection: undefined, heartbeat: undefined }],
      event("", "POST"),
      ["status", "closed"],
    ],
    asks: [null],
  },
];

/** Runs in all of these places, hence in itself whole. Gives what was heard until the stream was closed. */
export async function run(
  { connect: open }: { connect: typeof connect },
  [url, options]: readonly [string, ConnectOptions],
): Promise<unknown> {
  const heard: unknown[] = [];
  const stream = open(url, { retry: 10, ...options });
  for (const type of ["event", "open", "gap", "live", "end", "bye", "comment", "status", "error", "warning"] as const) {
    stream.on(type, (event: unknown) => {
      if (type !== "error") return heard.push([type, event]);
      const { code, status, problem } = event as StreamEvents["error"];
      // What a cut looks like after its headers differs between engines only in the words.
      const parts = code === "network" ? [code] : [code, status, problem?.code];
      return heard.push([type, parts.filter((part) => part !== undefined).join(" ")]);
    });
  }
  await stream.closed.catch(() => {});
  return heard;
}

/** Where cases run. */
export interface Place {
  readonly name: BrowserName | "Node";
  /** In a page of another origin than the server's. */
  readonly isElsewhere: boolean;
}

/** What was heard in a place until the stream was closed. */
export type RunThere = (url: string, options: ConnectOptions) => Promise<unknown>;

/** Runs the cases in a place. */
export function describeCases(runThere: RunThere, { isElsewhere, name }: Place): void {
  for (const { name: title, options = {}, isHiddenBy, answer, hears, asks } of CASES) {
    test.skipIf(isHiddenBy !== undefined && isHiddenBy === name)(title, async () => {
      const server = await startServer(answer);
      expect(await runThere(server.url, options)).toEqual(hears);
      // To another origin it goes in the address, so that no preflight is needed.
      const ids = server.asked.map(({ url, headers }) =>
        isElsewhere ? url.searchParams.get("lastEventId") : (headers["last-event-id"] ?? null),
      );
      expect(ids).toEqual(asks);
      expect(server.asked.filter(({ method }) => method === "OPTIONS")).toEqual([]);
    });
  }
}
