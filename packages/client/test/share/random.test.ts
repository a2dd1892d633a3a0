import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHub, type Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { sqlite } from "@tidings/server/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRandom, type Random } from "../../../../tests/support/random.ts";
import { createEventStream } from "../../src/connect.ts";
import { type Environment, environment } from "../../src/environment.ts";
import type { EventStream } from "../../src/types.ts";
import { createLocks } from "./locks.ts";

// Tabs in one process, which tells them of each other as a browser does.

const STEPS = 300;
const TOPICS = ["a", "b", "c"];

/** One publication, as the hub took it. */
interface Published {
  readonly topic: string;
  readonly data: number;
  readonly offset: number;
}

/** A tab that comes and goes, and goes on where it was. */
interface Tab {
  readonly topics: readonly string[];
  readonly seen: number[];
  /** Gaps, each with how much had been published by then. */
  readonly gaps: { readonly after: number; readonly count: number }[];
  cursor: string;
  stream?: EventStream | undefined;
}

describe.each([1, 2, 3])(
  "tabs that come, go and change topics, with a hub that is cut and restarted (seed %i)",
  (seed) => {
    test("miss nothing and repeat nothing", { timeout: 40_000 }, async () => {
      const { tabs, published } = await play(createRandom(seed), 1_000);
      for (const tab of tabs) {
        expect(tab.seen).toEqual(of(tab, published).map(({ data }) => data));
        expect(tab.gaps).toEqual([]);
      }
    });

    test("are told of a gap where something is no longer held", { timeout: 40_000 }, async () => {
      const { tabs, published } = await play(createRandom(seed), 5);
      for (const { seen, gaps, ...tab } of tabs) {
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        const missed = of(tab, published).filter(({ data }) => !seen.includes(data));
        const untold = ({ offset, data }: Published): boolean =>
          !gaps.some(({ after, count }) => after < offset && data <= count);
        expect(missed.filter(untold)).toEqual([]);
      }
    });
  },
);

function of({ topics }: Pick<Tab, "topics">, published: readonly Published[]): Published[] {
  return published.filter(({ topic }) => topics.includes(topic));
}

/** Plays at random until every tab has the last of each of its topics, over one connection. */
async function play({ integer, next, pick }: Random, maxCount: number) {
  const chance = (of: number): boolean => next() < of;
  const world = await startHub(maxCount);
  const published: Published[] = [];
  let count = 0;
  const publish = async (topic: string): Promise<void> => {
    const data = ++count;
    const { id } = await world.hub.publish(topic, data);
    published.push({ topic, data, offset: toOffset(id) });
  };
  const { id: cursor } = await world.hub.publish("start", 0);
  const tabs: Tab[] = [["a"], ["a", "b"], ["b", "c"], ["c"]].map((topics) => ({ topics, seen: [], gaps: [], cursor }));
  onTestFinished(() => {
    for (const { stream } of tabs) stream?.close();
  });

  const toggle = (tab: Tab): void => {
    tab.stream?.close();
    tab.stream = tab.stream ? undefined : world.open(tab, () => count);
  };
  tabs.forEach(toggle);
  for (let step = 0; step < STEPS; step++) {
    const what = next();
    const tab = pick(tabs);
    if (what < 0.55) for (let left = integer(1, 6); left > 0; left--) await publish(pick([...TOPICS, "other"]));
    else if (what < 0.65) toggle(tab);
    else if (what < 0.75) tab.stream?.setTopics(chance(0.5) ? tab.topics : [...tab.topics, "x"]);
    else if (what < 0.8) world.cut();
    else if (what < 0.82) await world.restart();
    else if (what < 0.84) tab.stream?.restart();
    else await pass(integer(0, 40));
    await pass(integer(0, 3));
  }
  for (const tab of tabs) if (!tab.stream) toggle(tab);
  for (const topic of TOPICS) await publish(topic);
  const last = published.slice(-TOPICS.length);
  await expect
    .poll(() => tabs.every((tab) => of(tab, last).every(({ data }) => tab.seen.includes(data))), { timeout: 10_000 })
    .toBe(true);
  await expect.poll(() => world.hub.status().connections, { timeout: 10_000 }).toBe(1);
  return { tabs, published };
}

async function startHub(maxCount: number) {
  const path = join(tmpdir(), `tidings-tabs-${process.pid}-${Math.random().toString(36).slice(2)}.db`);
  const open = (): Hub =>
    createHub({ store: sqlite(path), retry: 5, heartbeat: 300, retention: { topics: { "**": { maxCount } } } });
  let hub = open();
  let events = nodeHandler(hub);
  const server = createServer((request, response) => events(request, response));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    cut();
    server.close();
    await hub.close({ drain: 0 });
    for (const end of ["", "-wal", "-shm", "-lock"]) await rm(`${path}${end}`, { force: true });
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser: Environment = {
    ...environment,
    page: { origin, navigator: { locks: createLocks() } },
  };
  await hub.ready;
  return {
    get hub() {
      return hub;
    },
    cut,
    async restart() {
      await hub.close({ drain: 5 });
      hub = open();
      events = nodeHandler(hub);
      await hub.ready;
    },
    open(tab: Tab, count: () => number): EventStream {
      const { topics, cursor: lastEventId } = tab;
      const options = { topics, lastEventId, share: "tabs", identity: "ada", maxDelay: 20 } as const;
      const stream = createEventStream(`${origin}/events`, options, browser);
      stream.on("event", ({ id, data }) => {
        tab.cursor = id;
        tab.seen.push(data as number);
      });
      stream.on("gap", ({ after }) => tab.gaps.push({ after: toOffset(after), count: count() }));
      return stream;
    },
  };
}

function toOffset(id: string): number {
  return Number(id.split("-")[1]);
}

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
