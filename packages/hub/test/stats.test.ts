import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Stats } from "../src/stats/stats.ts";
import { createStatsTicker } from "../src/stats/ticker.ts";
import { testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen, type Reader } from "./support/stream.ts";

/** A second goes by, and then another. */
const WAIT = { timeout: 5000 };

const SHAPE = {
  time: expect.any(Number),
  uptime: expect.any(Number),
  version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  node: process.versions.node,
  store: { kind: "memory" },
  connections: { catchingUp: 0, live: 0, closing: 0 },
  publications: 0,
  deliveries: 0,
  bytesOut: 0,
  gaps: { trimmed: 0, reset: 0, unknown: 0 },
  disconnects: expect.objectContaining({ closed: 0, drain: 0 }),
  lag: 0,
  buffered: 0,
  memory: { rss: expect.any(Number), heapUsed: expect.any(Number) },
  eventLoop: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
  append: { p50: expect.any(Number), p99: expect.any(Number) },
};

describe("GET /stats", () => {
  test("tells how the hub does, as JSON", async () => {
    const { port } = await testHub();
    const answer = await ask(port, { path: "/stats" });
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.json).toEqual(SHAPE);
  });

  test("knows how large the file is", async () => {
    const { port } = await testHub({ data: join(testDirectory(), "tidings.db") });
    expect((await ask(port, { path: "/stats" })).json.store).toEqual({ kind: "sqlite", fileBytes: expect.any(Number) });
  });

  test("counts who came and who left", async () => {
    const { url, port } = await testHub();
    const reader = await listen(`${url}/events?topic=a`);
    await reader.until(({ event }) => event === "tidings:live");
    expect((await ask(port, { path: "/stats" })).json.connections.live).toBe(1);
    reader.close();
    await expect.poll(async () => (await ask(port, { path: "/stats" })).json.disconnects).toMatchObject({ closed: 1 });
    expect((await ask(port, { path: "/stats" })).json.connections.live).toBe(0);
  });
});

describe("GET /stats as a stream", () => {
  test("tells at once, and again each second, the same to all", async () => {
    const { url, port } = await testHub();
    const readers = await Promise.all([listen(`${url}/stats`), listen(`${url}/stats`)]);
    expect(readers[0]?.response.headers.get("content-type")).toBe("text/event-stream");
    const [first] = await Promise.all(readers.map((reader) => nth(reader, 1)));
    expect(first).toEqual(SHAPE);
    await ask(port, { method: "POST", path: "/topics/a", body: "x" });

    const told = await Promise.all(
      readers.map((reader) => reader.until(({ data }) => (JSON.parse(data) as Stats).publications === 1)),
    );
    expect(told[0]).toMatchObject({ event: "stats" });
    expect(told[0]?.data).toBe(told[1]?.data);
    for (const reader of readers) reader.close();
  });

  test("ends when the hub closes, and does not hold it up", async () => {
    const running = await testHub();
    const reader = await listen(`${running.url}/stats`);
    await nth(reader, 1);
    await running.close();
    await reader.ended;
  });

  test("is for admins", async () => {
    const jwtSecret = ["a secret of at least 32 bytes, as HS256 needs it"];
    const { port } = await testHub({ jwtSecret });
    for (const accept of ["application/json", "text/event-stream"])
      expect((await ask(port, { path: "/stats", headers: { accept } })).status).toBe(401);
  });
});

describe("GET /stats?last=", () => {
  test("tells of the seconds that have passed, oldest first, as JSON or before what comes", async () => {
    const { url, port } = await testHub();
    await expect.poll(async () => (await ask(port, { path: "/stats?last=300" })).json.length, WAIT).toBe(2);
    const { json } = await ask(port, { path: "/stats?last=1" });
    expect(json).toEqual([SHAPE]);

    const reader = await listen(`${url}/stats?last=300`);
    const [first, second, third] = [await nth(reader, 1), await nth(reader, 2), await nth(reader, 3)] as Stats[];
    expect(second).toEqual(json[0]);
    for (const [before, after] of [
      [first, second],
      [second, third],
    ]) {
      expect((after?.time ?? 0) - (before?.time ?? 0)).toBeGreaterThan(500);
    }
    reader.close();
  });

  test.each(["0", "301", "x"])("refuses %s", async (last) => {
    const { port } = await testHub();
    const { status, json } = await ask(port, { path: `/stats?last=${last}` });
    expect([status, json.code, json.field]).toEqual([400, "invalid_parameter", "last"]);
  });
});

describe("the ticker", () => {
  test("keeps one timer and makes one reading a second, however many listen, and none once it is closed", async () => {
    const { ticker, readings } = startTicker();
    const gone = [new AbortController(), new AbortController()];
    const listeners = gone.map(({ signal }) => ticker.listen(signal));
    await Promise.all(listeners.map((listener) => listener.next()));
    expect(vi.getTimerCount()).toBe(1);

    const before = readings();
    const told = Promise.all(listeners.map((listener) => listener.next()));
    await vi.advanceTimersByTimeAsync(1000);
    expect((await told).map(({ value }) => value)).toEqual(Array(2).fill(`{"publications":${before + 1}}`));

    const last = listeners.map((listener) => listener.next());
    for (const controller of gone) controller.abort();
    expect((await Promise.all(last)).map(({ done }) => done)).toEqual([true, true]);
    ticker.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps five minutes, also while nobody listens, and no more", async () => {
    const { ticker } = startTicker();
    await vi.advanceTimersByTimeAsync(400_000);
    const kept = ticker.last(1000).map((json) => (JSON.parse(json) as Stats).publications);
    expect(kept).toEqual(Array.from({ length: 300 }, (_, at) => at + 101));
    expect(ticker.last(2).map((json) => (JSON.parse(json) as Stats).publications)).toEqual([399, 400]);
    ticker.close();
  });
});

/** A ticker on a clock of its own, whose stats count how often they were read. */
function startTicker() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let readings = 0;
  const read = (): Stats => ({ publications: ++readings }) as Stats;
  return { ticker: createStatsTicker({ read, turn: () => {}, close: () => {} }), readings: () => readings };
}

/** What the nth event of the stream tells. */
async function nth(reader: Reader, count: number): Promise<unknown> {
  await reader.until(() => reader.events.length >= count);
  const event = reader.events[count - 1];
  expect(event?.event).toBe("stats");
  return JSON.parse(event?.data ?? "");
}
