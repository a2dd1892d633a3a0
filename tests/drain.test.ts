import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { serve, testDirectory } from "../packages/hub/test/support/cli.ts";
import { Publisher } from "./support/publisher.ts";
import { StrictReader } from "./support/reader.ts";
import { ready } from "./support/ready.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const READERS = 198;
/** Publications that wait for their answer when the signal comes. */
const IN_FLIGHT = 16;

/** More than the kernel takes for a reader that does not read: up to 4 MB for the sender, some for the receiver. */
const BULK = Array.from({ length: 24 }, (_, at) => `${at} ${"x".repeat(500_000)}`);

test("SIGTERM: every reader is told, each with a time of its own; exit 0 within 5 s; nothing acknowledged is lost", async () => {
  const data = join(testDirectory(), "tidings.db");
  const hub = await serve(["--port", "0", "--data", data]);
  await ready(hub.url);
  const publisher = new Publisher(hub.port);
  onTestFinished(() => publisher.close());
  const readers = Array.from({ length: READERS }, (_, at) => {
    const reader = new StrictReader({ url: `${hub.url}/events?topic=${at % 2 === 0 ? "a" : "*"}` });
    onTestFinished(() => reader.stop());
    return reader;
  });
  const stalled = await openStalled(hub.port, "/events?topic=bulk/1");
  const behind = new StrictReader({ url: `${hub.url}/events?topic=bulk/1` });
  onTestFinished(() => behind.stop());
  await expect.poll(() => [...readers, behind].every(({ visits }) => visits[0]?.announced)).toBe(true);
  behind.pause();
  for (const text of BULK) expect((await publisher.post("/topics/bulk/1", text)).status).toBe(201);
  const states = async () => {
    const { connections } = (await (await fetch(`${hub.url}/connections`)).json()) as {
      connections: { state: string }[];
    };
    return ["live", "catching-up"].map((state) => connections.filter((each) => each.state === state).length);
  };
  await expect.poll(states).toEqual([READERS, 2]);

  // Publications are under way from before the signal until nobody answers any more.
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const unanswered: string[] = [];
  let published = 0;
  const publishOn = async (): Promise<void> => {
    for (;;) {
      const text = `event ${++published}`;
      try {
        const { status } = await publisher.post("/topics/a", text);
        (status === 201 ? acknowledged : refused).push(text);
        if (status !== 201) expect(status).toBe(503);
      } catch (error) {
        // Not even a connection: that is a refusal too. Anything else would leave the publisher in doubt.
        const isRefused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
        (isRefused ? refused : unanswered).push(text);
        if (isRefused) return;
      }
    }
  };
  const publishing = Array.from({ length: IN_FLIGHT }, publishOn);
  await expect.poll(() => acknowledged.length).toBeGreaterThan(100);
  const before = performance.now();
  hub.process.kill("SIGTERM");
  await hub.waitFor("stderr", /"closing"/);
  behind.resume();
  await Promise.all(publishing);

  // Still draining, because of the one that does not read; newcomers are not let in.
  expect(hub.process.exitCode).toBeNull();
  await expect(once(connect(hub.port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const kept = await fetch(`${hub.url}/events?topic=a`).catch(() => undefined);
  // On a connection that was kept alive there is still somebody to say no.
  expect(kept?.status ?? 503).toBe(503);
  expect(await hub.exit).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
  stalled.destroy();

  await expect.poll(() => [...readers, behind].every(({ byes }) => byes.length > 0)).toBe(true);
  for (const reader of [...readers, behind]) {
    expect(reader.byes.map((bye) => JSON.parse(bye))).toEqual([{ reason: "drain", reconnect: true }]);
    expect(reader.faults).toEqual([]);
  }
  // The last time told is that of the bye; the one before came with tidings:open.
  const times = readers.map(({ retries }) => retries.at(-1) as number);
  for (const { retries } of readers) expect(retries).toHaveLength(2);
  expect(new Set(times).size).toBeGreaterThan(0.9 * READERS);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(2_000);

  // Nothing in between: what was acknowledged is there once, what was refused is not.
  const again = await serve(["--port", "0", "--data", data]);
  await ready(again.url);
  const stored = await readHistory(again.url, "a");
  expect(refused.length).toBeGreaterThanOrEqual(IN_FLIGHT);
  expect(new Set(stored).size).toBe(stored.length);
  expect(unanswered).toEqual([]);
  expect([...stored].sort()).toEqual(acknowledged.sort());
  // A reader that comes back has the rest, and nothing twice.
  const sample = readers[0] as StrictReader;
  const resumed = new StrictReader({
    url: `${again.url}/events?topic=a`,
    headers: { "last-event-id": sample.lastEventId },
  });
  onTestFinished(() => resumed.stop());
  await expect.poll(() => resumed.visits[0]?.announced).toBe(true);
  expect([...sample.received, ...resumed.received].map((event) => event.data)).toEqual(stored);
  console.log(`${acknowledged.length} acknowledged, ${refused.length} refused`);
});

test("a second signal ends a hub that is draining, at once", async () => {
  // Longer than this test may take.
  const hub = await serve(["--port", "0", "--memory", "--drain", "10m"]);
  const publisher = new Publisher(hub.port);
  onTestFinished(() => publisher.close());
  const stalled = await openStalled(hub.port, "/events?topic=bulk/1");
  const reader = new StrictReader({ url: `${hub.url}/events?topic=a` });
  onTestFinished(() => reader.stop());
  await expect.poll(() => reader.visits[0]?.announced).toBe(true);
  for (const text of BULK) expect((await publisher.post("/topics/bulk/1", text)).status).toBe(201);

  hub.process.kill("SIGTERM");
  await expect.poll(() => reader.byes.length).toBe(1);
  expect(hub.process.exitCode).toBeNull();
  hub.process.kill("SIGTERM");
  expect(await hub.exit).toBe(143);
  stalled.destroy();
});

/** A reader that stops reading as soon as the stream is open. */
async function openStalled(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  await once(socket, "data");
  socket.pause();
  return socket;
}

async function readHistory(url: string, topic: string): Promise<string[]> {
  const data: string[] = [];
  for (let after = ""; ; ) {
    const answer = await fetch(`${url}/topics/${topic}?limit=1000${after && `&after=${after}`}`);
    const { events, next, upToDate } = (await answer.json()) as {
      events: { data: string }[];
      next: string;
      upToDate: boolean;
    };
    data.push(...events.map((event) => event.data));
    if (upToDate) return data;
    after = next;
  }
}
