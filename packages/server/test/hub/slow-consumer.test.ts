import { expect, test } from "vitest";
import type { DisconnectReason } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  eventText,
  IN_STORE,
  IN_TAIL,
  id,
  listen,
  publishAll,
  settle,
  startHub,
  TestReader,
} from "./support.ts";

const BOUND = 10_000;
const PLACES = [
  ["in the tail", IN_TAIL],
  ["in the store", IN_STORE],
] as const;

test.each(PLACES)(
  "a stalled reader holds no more than its bound and one flush, and goes on exactly; history %s",
  async (_, bounds) => {
    const { hub, runtime } = await startHub({ limits: { bufferedBytes: BOUND } }, memory(), bounds);
    const reader = await listen(hub, { topics: ["a"] });
    const honest = await listen(hub, { topics: ["a"] });
    reader.stalled = true;
    const expected: string[] = [];
    for (let at = 0; at < 100; at++) {
      const data = [`${at}:1`, `${at}:2`.padEnd(2_000, "x")];
      expected.push(...data);
      await publishAll(hub, "a", data);
      runtime.endTurn();
      expect(reader.buffered).toBeLessThanOrEqual(BOUND + 2_200);
    }
    expect(reader.buffered).toBeGreaterThan(BOUND);
    expect(honest.data).toEqual(expected);
    const { length } = reader.data;
    expect(reader.data).toEqual(expected.slice(0, length));
    expect(hub.connections()[0]).toMatchObject({
      state: "catching-up",
      position: id(length),
      buffered: reader.buffered,
    });
    reader.drain();
    await settle();
    expect(reader.data).toEqual(expected);
    expect(reader.events.map((block) => block.id)).toEqual(expected.map((_, at) => id(at + 1)));
    expect(reader.named("tidings:live")).toHaveLength(1);
    expect(reader.named("tidings:gap")).toEqual([]);

    await hub.publish("a", "live again");
    runtime.endTurn();
    expect(reader.data.at(-1)).toBe("live again");
    expect(reader.writes.at(-1)).toBe(honest.writes.at(-1));
  },
);

test("a reader that is exactly at its bound gets the flush, one over it does not", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: BOUND } });
  const readers = [await listen(hub, { topics: ["a"] }), await listen(hub, { topics: ["a"] })] as const;
  readers[0].buffered = BOUND;
  readers[1].buffered = BOUND + 1;
  await hub.publish("a", "x");
  runtime.endTurn();
  expect(readers.map(({ data }) => data)).toEqual([["x"], []]);
});

test.each(PLACES)(
  "a reader that stalls in the middle of its replay is given no more than two pages until it drains; history %s",
  async (_, bounds) => {
    const { hub, runtime } = await startHub({}, memory(), bounds);
    const data = Array.from({ length: 40 }, (_, at) => String(at).padEnd(20_000, "x"));
    await publishAll(hub, "a", data);
    runtime.endTurn();
    for (const topics of [["a"], ["*"]]) {
      const reader = new TestReader();
      reader.stalled = true;
      await listen(hub, { topics, lastEventId: id(0) }, reader);
      let drains = 0;
      for (; reader.data.length < 40; drains++) {
        await settle();
        expect(reader.buffered).toBeLessThanOrEqual(2 * (64 * 1024 + 21_000));
        reader.buffered = 0;
        reader.handle?.drained();
      }
      expect(drains).toBeGreaterThan(4);
      expect(reader.data).toEqual(data);
    }
  },
);

test("a reader that is slow for a while, again and again, has the whole stall time each time", async () => {
  const { hub, runtime } = await startHub({ limits: { stall: 5_000 } });
  const reader = await listen(hub, { topics: ["a"] });
  for (let round = 0; round < 30; round++) {
    // As of a transport that holds as much each time.
    reader.progress = 7;
    reader.stalled = true;
    await hub.publish("a", "1");
    runtime.endTurn();
    runtime.advance(4_000);
    expect(reader.destroyed).toBe(false);
    reader.progress = 0;
    reader.drain();
    // Wherever in the interval the next one begins.
    runtime.advance(15_000 + 1_000 * round);
  }
  expect(reader.data).toHaveLength(30);
});

test("latest: it goes on with the newest of each topic that it missed, without a gap", async () => {
  const { hub, runtime } = await startHub({ slowConsumer: "latest", limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a", "b", "c/*", "quiet"] });
  await hub.publish("quiet", "seen");
  runtime.endTurn();
  reader.stalled = true;
  await hub.publish("a", "1");
  runtime.endTurn();
  for (const [topic, data] of [
    ["a", "2"],
    ["b", "3"],
    ["c/1", "4"],
    ["a", "5"],
    ["c/2", "6"],
    ["c/1", "7"],
    ["a", "8"],
  ] as const) {
    await hub.publish(topic, data);
    runtime.endTurn();
  }
  const before = reader.writes.length;
  reader.drain();
  await settle();
  expect(reader.text(before)).toBe(
    eventText(4, "b", "3") + eventText(7, "c/2", "6") + eventText(8, "c/1", "7") + eventText(9, "a", "8"),
  );
  await hub.publish("a", "9");
  runtime.endTurn();
  expect(reader.data.slice(-2)).toEqual(["8", "9"]);
  expect(reader.named("tidings:live")).toHaveLength(1);
});

test("latest: a reader that only comes back gets all that it missed", async () => {
  const { hub, runtime } = await startHub({ slowConsumer: "latest" }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(reader.data).toEqual(["1", "2", "3"]);
});

test("disconnect: it is told so and closed, with nothing after the bye", async () => {
  const reasons: DisconnectReason[] = [];
  const { hub, runtime } = await startHub({
    slowConsumer: "disconnect",
    limits: { bufferedBytes: 10 },
    onDisconnected: (_, reason) => reasons.push(reason),
  });
  const reader = await listen(hub, { topics: ["a"] });
  const honest = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  await settle();
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + byeText("slow_consumer", true));
  expect(reader.ended).toBe(true);
  expect(reasons).toEqual(["slow_consumer"]);
  expect(honest.data).toEqual(["1", "2", "3"]);
});

test("authorize is asked again before a reader that fell behind is replayed anything", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const asked: (readonly string[])[] = [];
  const answers: ((answer: boolean) => void)[] = [];
  const authorize = ({ topics }: { topics: readonly string[] }): boolean | Promise<boolean> => {
    asked.push(topics);
    return asked.length === 1 || new Promise((resolve) => answers.push(resolve));
  };
  const reader = await listen(hub, { topics: ["b", "a", "c/*"], authorize });
  expect(asked).toEqual([["a", "b", "c/*"]]);
  for (let round = 1; round <= 2; round++) {
    reader.stalled = true;
    for (const data of ["1", "2", "3"]) {
      await hub.publish("a", data);
      runtime.endTurn();
    }
    expect(asked).toHaveLength(round);
    const { length } = reader.writes;
    reader.drain();
    await settle();
    expect(asked).toHaveLength(round + 1);
    expect(asked.at(-1)).toEqual(["a", "b", "c/*"]);
    expect(reader.writes).toHaveLength(length);
    answers.shift()?.(true);
    await settle();
    expect(reader.data).toHaveLength(3 * round);
  }
  expect(asked).toHaveLength(3);
});

test("a reader that may no longer listen is told so, is not to come back, and gets nothing of what it missed", async () => {
  const reasons: DisconnectReason[] = [];
  const errors: unknown[] = [];
  const { hub, runtime } = await startHub({
    limits: { bufferedBytes: 10 },
    onDisconnected: (_, reason) => reasons.push(reason),
    onError: (error) => errors.push(error),
  });
  let allowed = true;
  const reader = await listen(hub, { topics: ["a"], authorize: () => allowed });
  reader.stalled = true;
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  allowed = false;
  reader.drain();
  await settle();
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + byeText("unauthorized", false));
  expect(reader.ended).toBe(true);
  expect(reasons).toEqual(["unauthorized"]);
  expect(errors).toEqual([]);
});

test("an authorize that fails when it is asked again lets nothing out, is told, and the reader may come back", async () => {
  const reasons: DisconnectReason[] = [];
  const errors: unknown[] = [];
  const { hub, runtime } = await startHub({
    limits: { bufferedBytes: 10 },
    onDisconnected: (_, reason) => reasons.push(reason),
    onError: (error) => errors.push(error),
  });
  const failure = new Error("no database");
  let fails = false;
  const authorize = (): boolean => {
    if (fails) throw failure;
    return true;
  };
  const reader = await listen(hub, { topics: ["a"], authorize });
  reader.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  fails = true;
  reader.drain();
  await settle();
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + byeText("unauthorized", true));
  expect(reasons).toEqual(["unauthorized"]);
  expect(errors).toEqual([failure]);
});

test("a reader that is live and keeps up is not asked about again", async () => {
  let asked = 0;
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0), authorize: () => ++asked > 0 });
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(reader.data).toHaveLength(3);
  expect(asked).toBe(1);
});

test("send gives false and sends nothing when the socket is over its bound, or the connection closing or closed", async () => {
  const { hub } = await startHub({ limits: { bufferedBytes: 100 } });
  let connection: import("../../src/hub/types.ts").Connection | undefined;
  const onConnect = (given: typeof connection): void => {
    connection = given;
  };
  const reader = await listen(hub, { topics: ["a"], onConnect });
  const { length } = reader.writes;
  expect(connection?.send("fits")).toBe(true);
  expect(reader.text(length)).toBe("data: fits\n\n");
  reader.buffered = 100;
  expect(connection?.send("fits")).toBe(true);
  reader.buffered = 101;
  expect(connection?.send("too much")).toBe(false);
  reader.buffered = 0;
  connection?.close();
  expect(connection?.send("closing")).toBe(false);
  await settle();
  expect(connection?.state).toBe("closed");
  expect(connection?.send("closed")).toBe(false);
  expect(reader.data).toEqual(["fits", "fits"]);
});

const STALL = 120_000;

test.each([
  ["behind, over its bound", 10],
  ["live, below its bound", 1_000_000],
])("a reader that takes nothing for the stall time is closed: %s", async (_, bufferedBytes) => {
  const reasons: DisconnectReason[] = [];
  const { hub, runtime } = await startHub({
    limits: { bufferedBytes },
    onDisconnected: (_connection, reason) => reasons.push(reason),
  });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  const { length } = reader.writes;
  runtime.advance(STALL - 15_000);
  expect(reader.destroyed).toBe(false);
  expect(reader.writes).toHaveLength(length);
  runtime.advance(15_000 + STALL / 4 + 1_000);
  expect(reader.destroyed).toBe(true);
  await settle();
  expect(reasons).toEqual(["stalled"]);
  expect(hub.status().connections).toBe(0);
});

test("a reader that is slow but takes something every now and then is never closed, and gets no heartbeat between", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  await hub.publish("a", "x".repeat(1_000_000));
  runtime.endTurn();
  await hub.publish("a", "2");
  runtime.endTurn();
  for (let minute = 0; minute < 30; minute++) {
    runtime.advance(60_000);
    reader.take(1_000);
    expect(reader.destroyed).toBe(false);
  }
  expect(reader.ids).toEqual([]);
  reader.drain();
  await settle();
  expect(reader.data.at(-1)).toBe("2");
  reader.stalled = true;
  await hub.publish("a", "3");
  runtime.endTurn();
  runtime.advance(2 * STALL);
  expect(reader.destroyed).toBe(true);
});

test("the stall time runs from when a reader stopped, however short it is and however long it was idle before", async () => {
  const { hub, runtime } = await startHub({ limits: { stall: 5_000 } });
  const reader = await listen(hub, { topics: ["a"] });
  runtime.advance(12_000);
  reader.stalled = true;
  await hub.publish("a", "1");
  runtime.endTurn();
  runtime.advance(4_000);
  expect(reader.destroyed).toBe(false);
  runtime.advance(15_000);
  expect(reader.destroyed).toBe(true);
});

test.each(["ended", "kicked"])(
  "a connection that is %s, and never takes its last bytes, is destroyed after a while",
  async (way) => {
    const reasons: DisconnectReason[] = [];
    const { hub, runtime } = await startHub({ onDisconnected: (_, reason) => reasons.push(reason) });
    const reader = new TestReader();
    reader.lingers = true;
    await listen(hub, { topics: ["a"] }, reader);
    if (way === "ended") await hub.end("a");
    else hub.disconnect(hub.connections()[0]?.id ?? "");
    runtime.endTurn();
    expect(reader.ended).toBe(true);
    expect(hub.connections()[0]?.state).toBe("closing");
    for (let second = 0; second < 9; second++) {
      // Whatever it takes: the last bytes are few.
      reader.progress++;
      runtime.advance(1_000);
    }
    expect(reader.destroyed).toBe(false);
    runtime.advance(6_000);
    expect(reader.destroyed).toBe(true);
    reader.handle?.closed();
    expect(reasons).toEqual([way]);
    expect(hub.status().connections).toBe(0);
  },
);

test.each(PLACES)(
  "a transport that asks for more from within a write gets each event once; history %s",
  async (_, bounds) => {
    const { hub, runtime } = await startHub({}, memory(), bounds);
    const data = Array.from({ length: 20 }, (_, at) => String(at).padEnd(20_000, "x"));
    await publishAll(hub, "a", data);
    runtime.endTurn();
    const reader = new TestReader();
    const { write } = reader;
    reader.write = (bytes) => {
      write.call(reader, bytes);
      reader.handle?.drained();
    };
    reader.stalled = true;
    await listen(hub, { topics: ["a"], lastEventId: id(0) }, reader);
    reader.drain();
    await settle();
    await hub.publish("a", "live");
    runtime.endTurn();
    expect(reader.data).toEqual([...data, "live"]);
    expect(reader.named("tidings:live")).toHaveLength(1);
  },
);
