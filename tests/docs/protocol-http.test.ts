import { readFileSync } from "node:fs";
import { request } from "node:http";
import { type RunningHub, startHub } from "tidings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A request of PROTOCOL.md, and what it says the hub answers. */
interface Exchange {
  readonly clause: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** Members whose values differ with every run. */
const VARIABLE = new Set(["time", "lastTime", "uptime", "detail"]);

const exchanges = readExchanges("PROTOCOL.md");
let running: RunningHub;

beforeAll(async () => {
  running = await startHub({ memory: true, port: 0 });
  await running.hub.ready;
});

afterAll(() => running.close());

// In the page's order, against one hub: each sees what those before it have left.
describe("the hub answers what PROTOCOL.md says", () => {
  test("with an exchange for each call", () => {
    expect(exchanges.length).toBeGreaterThan(15);
  });

  for (const exchange of exchanges) {
    test(`${exchange.clause} ${exchange.method} ${exchange.path} ${exchange.status}`, async () => {
      const { status, headers, text } = await send(exchange);
      expect(status).toBe(exchange.status);
      expect(headers).toMatchObject(exchange.answerHeaders);
      if (exchange.answer === "") expect(text).toBe("");
      else expect(toComparable(JSON.parse(text))).toEqual(toComparable(JSON.parse(exchange.answer)));
    });
  }
});

/** Ids without their epoch, and only the type of what differs with every run. */
function toComparable(value: unknown, name = ""): unknown {
  if (VARIABLE.has(name)) return typeof value;
  if (typeof value === "string") return value.replace(/^[0-9a-z]{8,}-(\d+)$/, "epoch-$1");
  if (Array.isArray(value)) return value.map((item) => toComparable(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toComparable(item, key)]));
}

/** Over node:http and not `fetch`, which may not send an `Origin`. */
async function send({ method, path, headers, body }: Exchange) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    const call = request(`${running.url}${path}`, { method, headers }, async (response) => {
      let text = "";
      for await (const bytes of response) text += bytes;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    call.on("error", reject);
    call.end(body);
  });
}

function readExchanges(path: string): readonly Exchange[] {
  const page = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  return [...page.matchAll(/^```http\n([\s\S]*?)^```$/gm)].map(({ 1: text = "", index }) => {
    const clause = [...page.slice(0, index).matchAll(/^\*\*(\d+\.\d+)\*\*/gm)].at(-1)?.[1] ?? "";
    const at = text.indexOf("HTTP/1.1 ");
    const [line, headers, body] = parseMessage(text.slice(0, at).trimEnd());
    const [statusLine, answerHeaders, answer] = parseMessage(text.slice(at).trimEnd());
    const [method = "", target = ""] = line.split(" ");
    return {
      clause,
      method,
      path: target,
      headers,
      body,
      status: Number(statusLine.split(" ")[1]),
      answerHeaders,
      answer,
    };
  });
}

/** First line, header fields, body. */
function parseMessage(text: string): [string, Record<string, string>, string] {
  const [head = "", ...body] = text.split("\n\n");
  const [first = "", ...fields] = head.split("\n");
  const headers = fields.map((field) => field.split(": ") as [string, string]);
  return [first, Object.fromEntries(headers), body.join("\n\n")];
}
