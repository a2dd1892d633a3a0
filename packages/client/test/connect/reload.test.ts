import { expect, test } from "vitest";
import { createRandom } from "../../../../tests/support/random.ts";
import { startHubServer } from "../store/hub-server.ts";
import { createWorld, open } from "./support/world.ts";

const TOTAL = 300;

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "a loop over reloads, cuts, restarts and changes of topics takes each event once, in order: seed %i",
  async (seed) => {
    const { integer, pick, next } = createRandom(seed);
    const chance = (of: number): boolean => next() < of;
    const server = await startHubServer();
    const { id } = await server.hub.publish("a", 0);
    let kept = new Map([["cursor", id]]);
    const publishing = publish();

    const taken: unknown[] = [];
    while (taken.length < TOTAL) {
      const map = new Map(kept);
      const storage = {
        getItem: (key: string) => map.get(key) ?? null,
        setItem: (key: string, value: string) => void map.set(key, value),
      };
      const stream = open<number>(
        server.url,
        { persist: "cursor", topics: ["a", "b"], queue: { limit: integer(1, 11) } },
        createWorld({ storage: () => storage }),
      );
      const loop = stream[Symbol.asyncIterator]();
      for (let left = Math.min(integer(1, 41), TOTAL - taken.length); left > 0; left--) {
        taken.push((await loop.next()).value?.data);
        if (chance(0.05)) stream.restart();
        if (chance(0.05))
          stream.setTopics(
            pick([
              ["b", "a", "c"],
              ["a", "b"],
            ]),
          );
        if (chance(0.2)) await turn();
      }
      if (chance(0.3)) await loop.return?.();
      // A page that is gone writes nothing any more.
      kept = new Map(map);
      stream.close();
    }
    await publishing;
    expect(taken).toEqual(Array.from({ length: TOTAL }, (_, at) => at + 1));

    async function publish(): Promise<void> {
      for (let n = 1; n <= TOTAL; n++) {
        void server.hub.publish(chance(0.1) ? "b" : "a", n);
        if (chance(0.1)) void server.hub.publish("quiet", n);
        if (chance(0.1)) for (let turns = integer(0, 5); turns > 0; turns--) await turn();
        if (chance(0.01)) server.cut();
      }
    }
  },
);

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
