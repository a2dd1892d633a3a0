import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHub, memory, type Store } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { sqlite } from "@tidings/server/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { expectExactly, expectedOf, type Sent } from "./support/expected.ts";
import { chooseSeed, createRandom, type Random } from "./support/random.ts";
import { type Cut, StrictReader, toOffset, type Visit } from "./support/reader.ts";
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
        sent.push({ offset: toOffset(id), topic, data: (batch[at] as { data: string }).data });
      });
    }

    for (let at = 0; at < HISTORY; at += 500) await publish(500);

    let cutting = true;
    let closed = 0;
    const readers = Array.from({ length: READERS }, (_, at) => {
      const own = createRandom(seed + at + 1);
      const names = own.some(NAMES);
      const query = names.map((each) => `topic=${encodeURIComponent(each)}`).join("&");
      const from = own.next() < 0.15 ? "&from=earliest" : "";
      const reader = new StrictReader({
        url: `${url}/events?${query}${from}`,
        reconnect: own.integer(0, 20),
        cut: (connection) => (cutting && connection <= CUTS ? chooseCut(own) : {}),
        onClose: () => closed++,
      });
      onTestFinished(() => reader.stop());

      return { reader, names };
    });

    for (let burst = 0; burst < MAX_BURSTS && !isEnough(readers.flatMap(({ reader }) => reader.visits)); burst++) {
      const published = publish(random.magnitude(1, 20));
      // Sometimes the next burst is on its way before this one is stored.
      if (random.next() < 0.7) await published;
      else published.catch((error) => failures.push(error));
      // Until a few readers have gone, or the rest has had its chance: what is tried is what comes between.
      const enough = closed + random.integer(0, 4);
      for (let turns = 0; turns < 30 && closed < enough; turns++) await turn();
    }
    cutting = false;
    // The last of each topic ends the wait. Who is on a connection that it still means to cut comes back once more.
    const last = await hub.publishBatch(TOPICS.map((topic) => ({ topic, data: "last" })));
    const ends = last.map(({ id, topic }) => ({ offset: toOffset(id), topic, data: "last" }));
    sent.push(...ends);
    sent.sort((a, b) => a.offset - b.offset);
    // One that was always cut before it was opened may begin behind it all, and get nothing.
    const isDone = ({ reader, names }: (typeof readers)[number]): boolean =>
      reader.start !== undefined &&
      (reader.received.at(-1)?.offset ?? 0) >= (expectedOf(ends, names, reader.start).at(-1)?.offset ?? 0);
    await expect.poll(() => readers.filter((each) => !isDone(each)).length, { timeout: 60_000 }).toBe(0);

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
  return visits.length > 4 * READERS && through > READERS && cutInReplay > READERS / 2 && live > READERS / 2;
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
