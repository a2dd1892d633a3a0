import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { type HubServer, startHubServer } from "./support/hub-server.ts";
import { StrictReader, toOffset } from "./support/reader.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const MB = 1_000_000;
/** What a stalled reader may cost the hub. */
const COST = 2 * MB;
/** Published while one reader is stalled: far more than the kernel takes for it, which is some 4 MB. */
const EVENTS = 4_000;
const BYTES = 10_000;
/** Healthy readers get so many events, then the next ones come: so they are never behind, and the hub never idle. */
const STEP = 100;
const READERS = 10;

test("a stalled reader costs less than 2 MB, slows nobody down, and goes on where it was", async () => {
  const plain = await publishAll(false);
  const burdened = await publishAll(true);
  const cost = burdened.used - plain.used;
  console.log(`${Math.round(cost / 1000)} KB for a stalled reader behind ${(EVENTS * BYTES) / MB} MB`);
  expect(cost).toBeLessThan(COST);

  // It did stall: most of what was published is not on its way to it.
  const { stalled } = burdened;
  expect(stalled?.received.length).toBeLessThan(EVENTS / 4);
  stalled?.resume();
  await expect.poll(() => stalled?.received.length, { timeout: 30_000 }).toBe(EVENTS);
  expect(stalled?.received.map(({ data }) => numberOf(data))).toEqual(Array.from({ length: EVENTS }, (_, at) => at));
  expect(stalled?.faults).toEqual([]);
  expect(stalled?.visits).toHaveLength(1);
});

/** Publishes everything to healthy readers, and to one that does not read. */
async function publishAll(withStalled: boolean): Promise<{ used: number; stalled: StrictReader | undefined }> {
  const hub = await startHubServer({ retention: { maxCount: EVENTS } });
  const readers = Array.from({ length: READERS }, () => listen(hub, "a"));
  const stalled = withStalled ? listen(hub, "a") : undefined;
  await opened([...readers, ...(stalled ? [stalled] : [])]);
  stalled?.pause();
  for (let first = 0; first < EVENTS; first += STEP) {
    await hub.publish({ first, count: STEP, topics: ["a"], bytes: BYTES });
    // Everybody else has everything so far before more is published, whatever the stalled one does.
    await expect
      .poll(() => readers.every(({ received }) => received.length === first + STEP), { interval: 5 })
      .toBe(true);
  }
  for (const reader of readers) expect(reader.faults).toEqual([]);
  const { used, connections } = await hub.measure();
  expect(connections.filter(({ state }) => state === "live")).toHaveLength(READERS);
  const behind = connections.filter(({ state }) => state === "catching-up");
  expect(behind).toHaveLength(withStalled ? 1 : 0);
  // The bound, and the one flush that went over it.
  for (const { buffered } of behind) expect(buffered).toBeLessThan(MB);
  return { used, stalled };
}

test("a stalled reader that history has passed gets a gap, and goes on behind it", async () => {
  const kept = 50;
  const hub = await startHubServer({ retention: { maxCount: kept } });
  const reader = listen(hub, "a", { allowGaps: true });
  await opened([reader]);
  reader.pause();
  const count = 1_000;
  await hub.publish({ first: 0, count, topics: ["a"], bytes: BYTES });
  // It has left the live ones, so that nothing in memory carries it over what is trimmed.
  await hub.publish({ first: count, count: 8_500, topics: ["other"], bytes: 1 });
  reader.resume();
  await expect.poll(() => numberOf(reader.received.at(-1)?.data), { timeout: 20_000 }).toBe(count - 1);

  const [gap] = reader.gaps;
  expect(reader.gaps).toHaveLength(1);
  expect(JSON.parse(gap?.data as string)).toMatchObject({ reason: "trimmed", resumesAt: gap?.id });
  // One hole, where the gap says it is, and at its end everything that is still held.
  const resumesAt = toOffset(gap?.id as string);
  const offsets = reader.received.map(({ offset }) => offset);
  const before = offsets.filter((offset) => offset <= resumesAt);
  const after = offsets.slice(before.length);
  expect(before).toEqual(before.map((_, at) => at + 1));
  expect(before.at(-1)).toBeLessThan(resumesAt);
  expect(after).toEqual(after.map((_, at) => resumesAt + 1 + at));
  expect(after.at(-1)).toBe(count);
  expect(after.length).toBeGreaterThanOrEqual(kept);
  expect(reader.faults).toEqual([]);
});

test("the policy latest: a reader that was stalled goes on with the newest of each topic", async () => {
  const hub = await startHubServer({ slowConsumer: "latest", retention: { maxCount: EVENTS } });
  const reader = listen(hub, "prices/*");
  await opened([reader]);
  reader.pause();
  const topics = ["prices/a", "prices/b", "prices/c"];
  await hub.publish({ first: 0, count: 3_000, topics, bytes: BYTES });
  reader.resume();
  await expect.poll(() => numberOf(reader.received.at(-1)?.data)).toBe(2_999);
  await hub.publish({ first: 3_000, count: 3, topics, bytes: 10 });
  await expect.poll(() => numberOf(reader.received.at(-1)?.data)).toBe(3_002);

  const numbers = reader.received.map(({ data }) => numberOf(data));
  // The newest of each topic, then live; in between most was skipped, and what came before is whole.
  expect(numbers.slice(-6)).toEqual([2_997, 2_998, 2_999, 3_000, 3_001, 3_002]);
  expect(numbers.slice(0, -6)).toEqual(numbers.slice(0, -6).map((_, at) => at));
  expect(numbers.length).toBeLessThan(1_500);
  expect(reader.faults).toEqual([]);
  expect(reader.visits).toHaveLength(1);
});

test("the policy disconnect: a reader that does not keep up is told so, and closed", async () => {
  const hub = await startHubServer({ slowConsumer: "disconnect", retention: { maxCount: EVENTS } });
  const stalled = listen(hub, "a");
  const healthy = listen(hub, "*");
  await opened([stalled, healthy]);
  stalled.pause();
  for (let first = 0; first < 1_000; first += STEP) {
    await hub.publish({ first, count: STEP, topics: ["a"], bytes: BYTES });
    await expect.poll(() => healthy.received.length, { interval: 5 }).toBe(first + STEP);
  }
  // Told behind what it has not read yet, so it sees it if it ever reads on.
  stalled.resume();
  await expect.poll(() => hub.disconnected.get("a")).toBe("slow_consumer");
  await expect
    .poll(() => stalled.byes.map((bye) => JSON.parse(bye)))
    .toEqual([{ reason: "slow_consumer", reconnect: true }]);
  expect(stalled.faults).toEqual([]);
  expect(healthy.byes).toEqual([]);
});

test("a reader at 1 KB/s is not closed as stalled, one that takes nothing is", async () => {
  const hub = await startHubServer({ heartbeat: 1_500, limits: { stall: 3_000 } });
  const honest = await startHonestReader(`${hub.port}`, "/events?topic=honest&topic=all");
  const stalled = listen(hub, "stalled", {}, "&topic=all");
  await opened([stalled]);
  stalled.pause();
  // The kernel takes megabytes for each of them, and no more of it when the reader takes a little.
  await hub.publish({ first: 0, count: 100, topics: ["all"], bytes: 60_000 });
  expect((await hub.measure()).connections.map(({ state }) => state)).toEqual(["catching-up", "catching-up"]);

  await expect.poll(() => hub.disconnected.get("all stalled"), { timeout: 20_000 }).toBe("stalled");
  // The other has by then been behind for as long; it is still here after as long again, and takes its 1 KB each second.
  const then = honest.kilobytes();
  await expect.poll(honest.kilobytes, { timeout: 30_000 }).toBeGreaterThan(then + 6);
  expect(hub.disconnected.has("all honest")).toBe(false);
  expect((await hub.measure()).connections).toMatchObject([{ topics: ["all", "honest"], state: "catching-up" }]);
});

/**
 * A reader that takes 1 KB each second, and whose kernel takes hardly more for it. In Perl, which is wherever Git is: Node
 * cannot set the size of a receive buffer.
 */
async function startHonestReader(port: string, path: string): Promise<{ kilobytes(): number }> {
  const program = `
    use Socket;
    my ($port, $path) = @ARGV;
    $| = 1;
    socket(my $hub, PF_INET, SOCK_STREAM, 0) or die $!;
    setsockopt($hub, SOL_SOCKET, SO_RCVBUF, 1) or die $!;
    connect($hub, sockaddr_in($port, inet_aton("127.0.0.1"))) or die $!;
    syswrite($hub, "GET $path HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n") or die $!;
    while (sysread($hub, my $bytes, 1024)) { print "1 KB\\n"; sleep 1 }
  `;
  const child = spawn("perl", ["-e", program, port, path], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  let kilobytes = 0;
  createInterface({ input: child.stdout }).on("line", () => {
    kilobytes++;
  });
  await expect.poll(() => kilobytes).toBeGreaterThan(0);
  return { kilobytes: () => kilobytes };
}

function listen(hub: HubServer, topic: string, options: { allowGaps?: boolean } = {}, more = ""): StrictReader {
  const reader = new StrictReader({ url: `${hub.url}/events?topic=${encodeURIComponent(topic)}${more}`, ...options });
  onTestFinished(() => reader.stop());
  return reader;
}

async function opened(readers: readonly StrictReader[]): Promise<void> {
  await expect.poll(() => readers.every(({ visits }) => visits[0]?.announced)).toBe(true);
}

function numberOf(data: string | undefined): number {
  return Number.parseInt(data ?? "", 10);
}
