import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHub, memory, type Store } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { sqlite } from "@tidings/server/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { expectExactly, expectedOf, type Sent, toTaker } from "./support/expected.ts";
import { chooseSeed, createRandom, type Random } from "./support/random.ts";
import { type Cut, StrictReader, type Visit } from "./support/reader.ts";
import { serveHub, turn } from "./support/serve.ts";
import { countReads } from "./support/store.ts";

const READERS = 200;
const TOPICS = ["news/at", "news/de", "ticks"];
const NAMES = [...TOPICS, "news/*", "news/**", "*", "**"];

/** More than the engine keeps in memory, so that who starts at the beginning reads pages of the store first. */
const HISTORY = 8_700;
/** Connections that each reader cuts at most. */
const CUTS = 12;
/** By now all that is to be tried has happened, or something is wrong. */
const MAX_BURSTS = 3_000;

const STORES: Record<string, () => Store> = {
  memory: () => memory(),
  SQLite: () => {
    const folder = mkdtempSync(join(tmpdir(), "tidings-reconnect-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return sqlite(join(folder, "tidings.db"));
  },
};

test.each(Object.keys(STORES))(
  `%s: ${READERS} readers that cut and resume at random see exactly their topics' events, once, in order`,
  async (name) => {
    const seed = chooseSeed(`reconnect, ${name}`);
    const random = createRandom(seed);
    const { store, reads } = countReads((STORES[name] as () => Store)());
    const failures: unknown[] = [];
    const hub = createHub({
      store,
      retention: { maxCount: Number.POSITIVE_INFINITY },
      onError: (error) => failures.push(error),
    });
    const { url } = await serveHub(hub, nodeHandler(hub));
    const sent: Sent[] = [];

    async function publish(count: number): Promise<void> {
      const batch = Array.from({ length: count }, () => ({
        topic: random.pick(TOPICS),
        data: `${random.integer(0, 1e9)}`.repeat(random.magnitude(1, 20)),
      }));
      const published = await hub.publishBatch(batch);
      published.forEach(({ id, topic }, at) => {
        sent.push({ offset: Number(id.split("-")[1]), topic, data: (batch[at] as { data: string }).data });
      });
    }

    for (let at = 0; at < HISTORY; at += 500) await publish(500);

    let cutting = true;
    let waiting = 0;
    let allGot = (): void => {};
    const last = new Map<string, number>();
    const readers = Array.from({ length: READERS }, (_, at) => {
      const own = createRandom(seed + at + 1);
      const names = own.some(NAMES);
      const takes = toTaker(names);
      const query = names.map((each) => `topic=${encodeURIComponent(each)}`).join("&");
      const from = own.next() < 0.15 ? "&from=earliest" : "";
      let isWaiting = false;
      const reader = new StrictReader({
        url: `${url}/events?${query}${from}`,
        reconnect: own.integer(0, 20),
        cut: (connection) => (cutting && connection <= CUTS ? chooseCut(own) : {}),
        onEvent: check,
      });
      onTestFinished(() => reader.stop());

      function check(): void {
        if (!isWaiting || (reader.received.at(-1)?.offset ?? 0) < target()) return;
        isWaiting = false;
        if (--waiting === 0) allGot();
      }
      function target(): number {
        return Math.max(...[...last].flatMap(([topic, offset]) => (takes(topic) ? offset : [])));
      }
      return {
        reader,
        names,
        waitForLast() {
          isWaiting = true;
          check();
        },
      };
    });

    for (let burst = 0; burst < MAX_BURSTS && !isEnough(readers.flatMap(({ reader }) => reader.visits)); burst++) {
      const published = publish(random.magnitude(1, 20));
      // Sometimes the next burst is on its way before this one is stored.
      if (random.next() < 0.7) await published;
      else published.catch((error) => failures.push(error));
      for (let turns = random.integer(0, 4); turns > 0; turns--) await turn();
    }
    cutting = false;
    for (const topic of TOPICS) {
      const { id } = await hub.publish(topic, "last");
      last.set(topic, Number(id.split("-")[1]));
      sent.push({ offset: Number(id.split("-")[1]), topic, data: "last" });
    }
    sent.sort((a, b) => a.offset - b.offset);
    // Those that are on a connection that they still mean to cut come back once more.
    await new Promise<void>((resolve) => {
      allGot = resolve;
      // All are counted before the first is looked at, which may have got its last long ago.
      waiting = readers.length;
      for (const each of readers) each.waitForLast();
    });

    for (const { reader, names } of readers) {
      expectExactly(reader, expectedOf(sent, names, reader.start as number), `seed ${seed}, ${names.join(" ")}`);
    }
    expect(failures).toEqual([]);

    // All that was to be tried has happened: pages of the store, steps out of memory, and live delivery.
    expect(isEnough(readers.flatMap(({ reader }) => reader.visits))).toBe(true);
    expect(reads.filter(({ after }) => after > 0 && after < HISTORY - 8_192).length).toBeGreaterThan(0);
  },
  120_000,
);

/** Each kind of connection is there often enough: cut before and in a replay, through with it, and live. */
function isEnough(visits: readonly Visit[]): boolean {
  const through = visits.filter(({ announced }) => announced).length;
  const cutInReplay = visits.filter(({ replayed, announced }) => replayed > 0 && !announced).length;
  const live = visits.filter((visit) => visit.live > 0).length;
  return visits.length > 5 * READERS && through > READERS && cutInReplay > READERS / 2 && live > READERS;
}

function chooseCut(random: Random): Cut {
  const kind = random.next();
  const abrupt = random.next() < 0.5;
  if (kind < 0.1) return { abrupt, before: "request" };
  if (kind < 0.15) return { abrupt, before: "response" };
  if (kind < 0.3) return { abrupt, event: "tidings:open" };
  if (kind < 0.4) return { abrupt, event: "tidings:live" };
  if (kind < 0.7) return { abrupt, publications: random.magnitude(1, 3_000) };
  return { abrupt, bytes: random.magnitude(1, 300_000) };
}
