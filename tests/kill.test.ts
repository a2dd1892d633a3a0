import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serve, testDirectory } from "../packages/hub/test/support/cli.ts";
import { expectExactly, expectedOf, type Sent } from "./support/expected.ts";
import { Publisher } from "./support/publisher.ts";
import { chooseSeed, createRandom } from "./support/random.ts";
import { StrictReader, toOffset } from "./support/reader.ts";
import { ready } from "./support/ready.ts";

const KILLS = 20;
const READERS = 50;
const TOPICS = ["orders/at", "orders/de", "prices", "log"];
const SUBSCRIPTIONS = [["orders/at"], ["orders/*"], ["prices", "log"], ["**"], ["orders/de", "prices"]];

/** Publications of a round before the kill, which comes while more are under way. */
const PER_ROUND = 1_500;
/** Requests that wait for their answer at any time, each with so many publications at most. */
const IN_FLIGHT = 16;
const BATCH = 10;

/** A request to publish, as it can be repeated: each event under a key of its own. */
interface Batch {
  readonly events: readonly { readonly topic: string; readonly data: string; readonly key: string }[];
}

test(`kill -9 under full publishing, ${KILLS} times: ${READERS} readers see every acknowledged event once, in order`, async () => {
  const seed = chooseSeed("kill");
  const random = createRandom(seed);
  const data = join(testDirectory(), "tidings.db");
  const start = (port: number) =>
    serve(["--port", String(port), "--data", data, "--max-count", "none", "--retry", "20ms", "--log-level", "error"]);

  let hub = await start(0);
  const { port, url } = hub;
  await ready(url);
  const readers = Array.from({ length: READERS }, (_, at) => {
    const names = SUBSCRIPTIONS[at % SUBSCRIPTIONS.length] as string[];
    const query = names.map((name) => `topic=${encodeURIComponent(name)}`).join("&");
    const reader = new StrictReader({ url: `${url}/events?${query}`, reconnect: 20 });
    onTestFinished(() => reader.stop());
    return { reader, names };
  });
  await expect.poll(() => readers.every(({ reader }) => reader.visits[0]?.announced)).toBe(true);

  const acknowledged: Sent[] = [];
  /** Those that had no answer: nobody knows whether they are stored. */
  const doubtful: Batch[] = [];
  let unanswered = 0;
  let published = 0;
  let publishingTime = 0;

  function createBatch(): Batch {
    const size = random.next() < 0.5 ? 1 : random.integer(2, BATCH);
    return {
      events: Array.from({ length: size }, () => {
        const name = `event ${++published}`;
        return { topic: random.pick(TOPICS), data: name, key: name };
      }),
    };
  }

  for (let round = 1; round <= KILLS; round++) {
    const publisher = new Publisher(port);
    const goal = acknowledged.length + random.integer(PER_ROUND, PER_ROUND + PER_ROUND / 2);
    const began = performance.now();
    let isKilled = false;
    const publishOn = async (): Promise<void> => {
      for (;;) {
        // What the last kill left open goes first, under the same keys: it is stored once, whether it had been or not.
        const batch = doubtful.shift() ?? createBatch();
        try {
          acknowledged.push(...(await publishBatch(publisher, batch)));
        } catch (error) {
          if (!isKilled) throw error;
          doubtful.push(batch);
          unanswered++;
          return;
        }
        if (acknowledged.length < goal || isKilled) continue;
        publishingTime += performance.now() - began;
        isKilled = true;
        hub.process.kill("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, publishOn));
    publisher.close();
    expect(await hub.exit).toBe("SIGKILL");
    hub = await start(port);
    await ready(url);
  }

  // Nothing is left in doubt, and the last of each topic ends the wait.
  const publisher = new Publisher(port);
  onTestFinished(() => publisher.close());
  for (const batch of doubtful) acknowledged.push(...(await publishBatch(publisher, batch)));
  for (const topic of TOPICS) {
    acknowledged.push(...(await publishBatch(publisher, { events: [{ topic, data: "last", key: "last" }] })));
  }
  acknowledged.sort((a, b) => a.offset - b.offset);
  const lastOf = (names: readonly string[]) => expectedOf(acknowledged.slice(-TOPICS.length), names, 0).at(-1)?.offset;
  await expect
    .poll(() => readers.filter(({ reader, names }) => reader.received.at(-1)?.offset !== lastOf(names)).length, {
      timeout: 30_000,
    })
    .toBe(0);

  for (const { reader, names } of readers) {
    expectExactly(reader, expectedOf(acknowledged, names, reader.start as number), `seed ${seed}, ${names.join(" ")}`);
    expect(reader.visits.length).toBeGreaterThan(KILLS);
  }
  const rate = Math.round((1000 * acknowledged.length) / publishingTime);
  console.log(`${acknowledged.length} acknowledged at ${rate} a second, ${unanswered} requests without an answer`);
  expect(acknowledged.length).toBeGreaterThan(KILLS * PER_ROUND);
  expect(acknowledged.length).toBe(published + TOPICS.length);
  // Each kill met requests under way.
  expect(unanswered).toBeGreaterThanOrEqual(KILLS);
}, 300_000);

/** Publishes one event by `POST /topics/<topic>`, many by `POST /events`. Rejects if there was no answer. */
async function publishBatch(publisher: Publisher, { events }: Batch): Promise<Sent[]> {
  const [first] = events as [Batch["events"][number]];
  const { status, body } =
    events.length === 1
      ? await publisher.post(`/topics/${first.topic}`, first.data, { "idempotency-key": first.key })
      : await publisher.post("/events", JSON.stringify(events), { "content-type": "application/json" });
  expect([200, 201], body).toContain(status);
  const { id, ids = [id] } = JSON.parse(body) as { id: string; ids?: string[] };
  return events.map(({ topic, data }, at) => ({ offset: toOffset(ids[at] as string), topic, data }));
}
