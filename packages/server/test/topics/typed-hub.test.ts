import { createHub, defineTopics, type Hub, memory, type StandardSchema, typeOnly } from "@tidings/server";
import { type } from "arktype";
import * as v from "valibot";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";

const hubs: Hub[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

/** Held as a hub that knows no types, so that wrong data can be given to it. */
function untyped(options: Parameters<typeof createHub>[0]): Hub {
  const hub = createHub(options as object);
  hubs.push(hub);
  return hub;
}

async function dataOf(hub: Hub, topic: string): Promise<(string | undefined)[]> {
  const { events } = await hub.history(topic);
  return events.map(({ data }) => data);
}

const topics = defineTopics({
  "prices/*": z.object({ bid: z.number(), levels: z.array(z.object({ size: z.number() })).optional() }),
  "quotes/*": v.object({ bid: v.number(), levels: v.optional(v.array(v.object({ size: v.number() }))) }),
  "trades/*": type({ bid: "number", "levels?": type({ size: "number" }).array() }),
  "orders/*": { created: z.object({ total: z.number() }), message: z.string() },
  "jobs/*": typeOnly<{ state: string }>(),
});

describe("data that is not as declared", () => {
  test.each(["prices/A", "quotes/A", "trades/A"])("is refused with the path at fault, at %s", async (topic) => {
    const hub = untyped({ topics });
    const refused = { code: "invalid_data", status: 400, index: undefined };
    await expect(hub.publish(topic, { bid: "1" })).rejects.toMatchObject({ ...refused, field: "data.bid" });
    await expect(hub.publish(topic, {})).rejects.toMatchObject({ ...refused, field: "data.bid" });
    await expect(hub.publish(topic, { bid: 1, levels: [{ size: 1 }, { size: "2" }] })).rejects.toMatchObject({
      ...refused,
      field: "data.levels.1.size",
    });
    await expect(hub.publish(topic, "1")).rejects.toMatchObject({ ...refused, field: "data" });
    await hub.publish(topic, { bid: 1, levels: [{ size: 1 }] });
    expect(await dataOf(hub, topic)).toEqual(['{"bid":1,"levels":[{"size":1}]}']);
  });

  test("is named with its topic, its first fault and how many more there are", async () => {
    const hub = untyped({ topics });
    await expect(hub.publish("prices/A", { bid: "1", levels: [{}] })).rejects.toThrow(
      /^The data is not as declared for the topic "prices\/A": data\.bid: .*number.* \(and 1 more\)$/,
    );
  });

  test("in a batch names the event, and stores none of it", async () => {
    const hub = untyped({ topics });
    const batch = [
      { topic: "prices/A", data: { bid: 1 } },
      { topic: "orders/1", data: { total: "9" }, event: "created" },
    ];
    await expect(hub.publishBatch(batch)).rejects.toMatchObject({
      code: "invalid_data",
      index: 1,
      field: "data.total",
    });
    expect(await hub.topics()).toEqual([]);
  });

  test("from a pipe ends the pipe, and not the topic", async () => {
    const hub = untyped({ topics });
    async function* source(): AsyncGenerator<unknown> {
      yield { bid: 1 };
      yield { bid: "2" };
      yield { bid: 3 };
    }
    await expect(hub.pipe("prices/A", source(), { end: true })).rejects.toMatchObject({ field: "data.bid" });
    expect(await hub.topics()).toMatchObject([{ topic: "prices/A", count: 1, ended: false }]);
  });

  test("is refused by the schema of the event, not by another of the topic", async () => {
    const hub = untyped({ topics });
    await hub.publish("orders/1", { total: 9 }, { event: "created" });
    await hub.publish("orders/1", "note");
    await hub.publish("orders/1", "note", { event: "message" });
    await expect(hub.publish("orders/1", "note", { event: "created" })).rejects.toMatchObject({ field: "data" });
    await expect(hub.publish("orders/1", { total: 9 })).rejects.toMatchObject({ field: "data" });
  });

  test("goes out with `validate: false`, and where a type alone is declared", async () => {
    const careless = untyped({ topics, validate: false });
    await careless.publish("prices/A", "anything");
    expect(await dataOf(careless, "prices/A")).toEqual(['"anything"']);
    const hub = untyped({ topics });
    await hub.publish("jobs/1", 42);
    expect(await dataOf(hub, "jobs/1")).toEqual(["42"]);
  });
});

describe("what is not declared", () => {
  test("is refused: a topic, an event", async () => {
    for (const validate of [true, false]) {
      const hub = untyped({ topics, validate });
      const refused = { code: "not_declared", status: 400 };
      await expect(hub.publish("price/A", 1)).rejects.toMatchObject({ ...refused, field: "topic" });
      await expect(hub.publish("prices/A/B", 1)).rejects.toMatchObject({ ...refused, field: "topic" });
      await expect(hub.end("price/A")).rejects.toMatchObject({ ...refused, field: "topic" });
      await expect(hub.publish("orders/1", 1, { event: "changed" })).rejects.toMatchObject({
        ...refused,
        field: "event",
        message: expect.stringContaining('named "changed"'),
      });
      await expect(hub.publish("orders/1", 1, { event: "toString" })).rejects.toMatchObject({ field: "event" });
    }
  });

  test("is declared by a pattern for all the rest", async () => {
    const hub = untyped({ topics: defineTopics({ "**": typeOnly<unknown>(), status: z.literal("up") }) });
    await hub.publish("any/thing", 1);
    await hub.publish("status", "up");
    await expect(hub.publish("status", "down")).rejects.toMatchObject({ code: "invalid_data" });
  });

  test("of names and keys the hub's own rules are asked first", async () => {
    const hub = untyped({ topics: defineTopics({ "**": typeOnly<unknown>() }) });
    await expect(hub.publish("tidings:x", 1)).rejects.toMatchObject({ code: "reserved_topic" });
    await expect(hub.publish("a//b", 1)).rejects.toMatchObject({ code: "invalid_topic" });
    await expect(hub.publish("a", 1, { event: "open" })).rejects.toMatchObject({ code: "reserved_event_name" });
  });

  test("may end all the same, where events need a name", async () => {
    const hub = untyped({ topics: defineTopics({ "orders/*": { created: typeOnly<number>() } }) });
    await hub.publish("orders/1", 1, { event: "created" });
    await hub.end("orders/1");
    expect(await hub.topics()).toMatchObject([{ topic: "orders/1", ended: true }]);
  });
});

describe("data of a declared topic", () => {
  test("is JSON, a string too, and what readers get is what was checked", async () => {
    const at = z.iso.datetime();
    const hub = untyped({ topics: defineTopics({ note: z.string(), times: z.strictObject({ at }) }) });
    await hub.publish("note", "42");
    await hub.publish("times", { at: new Date(0), nothing: undefined });
    expect(await dataOf(hub, "note")).toEqual(['"42"']);
    expect(await dataOf(hub, "times")).toEqual(['{"at":"1970-01-01T00:00:00.000Z"}']);
  });

  test("goes out as it was published: what the schema makes of it is for readers", async () => {
    const hub = untyped({ topics: defineTopics({ count: z.string().transform(Number), set: z.number().default(7) }) });
    await hub.publish("count", "42");
    expect(await dataOf(hub, "count")).toEqual(['"42"']);
  });

  test("is bounded by its JSON, and has to have one", async () => {
    const hub = untyped({ topics: defineTopics({ "**": typeOnly<unknown>() }), limits: { eventBytes: 4 } });
    await hub.publish("a", "12");
    await expect(hub.publish("a", "123")).rejects.toMatchObject({ code: "event_too_large" });
    await expect(hub.publish("a", undefined)).rejects.toMatchObject({ code: "invalid_data", field: "data" });
  });
});

describe("a schema that answers later", () => {
  /** Takes a number from 0 up, and says so when it is told to. */
  function lateSchema(): { schema: StandardSchema<number>; answer: (() => void)[] } {
    const answer: (() => void)[] = [];
    const validate = (value: unknown): Promise<{ value: number } | { issues: { message: string }[] }> =>
      new Promise((resolve) => {
        const result = typeof value === "number" && value >= 0 ? { value } : { issues: [{ message: "too low" }] };
        answer.push(() => resolve(result));
      });
    return { schema: { "~standard": { version: 1, vendor: "test", validate } }, answer };
  }

  test.each([
    ["Zod", z.number().refine(async (value) => value >= 0)],
    [
      "Valibot",
      v.pipeAsync(
        v.number(),
        v.checkAsync(async (value) => value >= 0),
      ),
    ],
  ])("may be of %s", async (_, schema) => {
    const hub = untyped({ topics: defineTopics({ a: v.number(), late: schema }) });
    const published = await Promise.all([hub.publish("late", 1), hub.publish("a", 2), hub.publish("late", 3)]);
    expect(published.map(({ id }) => id.split("-")[1])).toEqual(["1", "2", "3"]);
    await expect(hub.publish("late", -1)).rejects.toMatchObject({ code: "invalid_data", field: "data" });
  });

  test("holds up what is published after it: the log has the order of the calls", async () => {
    const { schema, answer } = lateSchema();
    const hub = untyped({ topics: defineTopics({ late: schema, "**": typeOnly<number>() }) });
    await hub.ready;
    const ids: string[] = [];
    const published = [
      hub.publish("a", 1),
      hub.publish("late", 2),
      hub.publish("a", 3),
      hub.publishBatch([
        { topic: "late", data: 4 },
        { topic: "a", data: 5 },
      ]),
      hub.publish("late", 6),
      hub.end("a"),
    ].map((each) => each.then((result) => ids.push(...[result].flat().map(({ id }) => id))));
    await vi.waitFor(() => expect(answer).toHaveLength(3));
    // In the wrong order, and what is first at last.
    for (const at of [2, 1, 0]) {
      expect(await dataOf(hub, "a")).toEqual(["1"]);
      answer[at]?.();
    }
    await Promise.all(published);
    const offsets = ids.map((id) => Number(id.split("-")[1]));
    expect(offsets).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await dataOf(hub, "late")).toEqual(["2", "4", "6"]);
  });

  test("that refuses does not hold up what comes after it for longer", async () => {
    const { schema, answer } = lateSchema();
    const hub = untyped({ topics: defineTopics({ late: schema, a: z.number() }) });
    await hub.ready;
    const refused = hub.publish("late", -1);
    const next = hub.publish("a", 1);
    const wrong = hub.publish("a", "wrong");
    await expect(wrong).rejects.toMatchObject({ code: "invalid_data" });
    await vi.waitFor(() => expect(answer).toHaveLength(1));
    answer[0]?.();
    await expect(refused).rejects.toMatchObject({ code: "invalid_data", field: "data" });
    await next;
    // And nothing waits from then on.
    const { id } = await hub.publish("a", 2);
    expect(id).toMatch(/-2$/);
  });

  test("that refuses while others are in front is told in its turn, and to nobody else", async () => {
    const { schema, answer } = lateSchema();
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const hub = untyped({ topics: defineTopics({ late: schema }) });
    await hub.ready;
    const first = hub.publish("late", 1);
    const batch = hub.publishBatch([-2, -3].map((data) => ({ topic: "late", data })));
    await vi.waitFor(() => expect(answer).toHaveLength(3));
    answer[1]?.();
    answer[2]?.();
    // Rejections that nobody handles are told between two macrotasks.
    await new Promise((resolve) => setImmediate(resolve));
    answer[0]?.();
    await first;
    await expect(batch).rejects.toMatchObject({ code: "invalid_data", index: 0 });
    expect(unhandled).not.toHaveBeenCalled();
    process.off("unhandledRejection", unhandled);
  });

  test("of a batch: of faults that are told later it is the first one", async () => {
    const { schema, answer } = lateSchema();
    const hub = untyped({ topics: defineTopics({ late: schema }) });
    const batch = hub.publishBatch([1, -2, -3].map((data) => ({ topic: "late", data })));
    await vi.waitFor(() => expect(answer).toHaveLength(3));
    for (const each of answer.reverse()) each();
    await expect(batch).rejects.toMatchObject({ code: "invalid_data", index: 1 });
  });

  test("that never answers does not outlast the hub", async () => {
    const warn = vi.spyOn(process, "emitWarning");
    const never = z.number().refine(() => new Promise<boolean>(() => {}));
    const hub = untyped({ topics: defineTopics({ never, a: z.number() }) });
    await hub.ready;
    const waiting = [...Array(50)].map(() => hub.publish("never", 1));
    waiting.push(hub.publish("a", 1));
    const told = Promise.all(waiting.map((each) => expect(each).rejects.toMatchObject({ code: "hub_closed" })));
    await hub.close();
    await told;
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test("is asked before the store is open, and keeps its turn", async () => {
    const { schema, answer } = lateSchema();
    const hub = untyped({ topics: defineTopics({ late: schema, a: z.number() }) });
    const published = Promise.all([hub.publish("late", 1), hub.publish("a", 2)]);
    await hub.ready;
    const last = hub.publish("a", 3);
    await vi.waitFor(() => expect(answer).toHaveLength(1));
    answer[0]?.();
    const ids = [...(await published), await last].map(({ id }) => id.split("-")[1]);
    expect(ids).toEqual(["1", "2", "3"]);
  });

  test("that refuses while the store never opens is told as the store's failure, and breaks nothing", async () => {
    const store = { ...memory(), open: () => Promise.reject(new Error("no disk")) };
    const hub = untyped({ store, topics: defineTopics({ late: z.number().refine(async () => false) }) });
    await expect(hub.publish("late", 1)).rejects.toMatchObject({ code: "store_failed" });
  });
});

describe("a schema that throws", () => {
  const thrower = (validate: () => never): typeof topics =>
    ({ find: () => ({ "~standard": { version: 1, vendor: "test", validate } }) }) as unknown as typeof topics;

  test("refuses, at once or later, and says what it threw", async () => {
    const cause = new Error("no table of countries");
    for (const validate of [
      () => Promise.reject(cause) as never,
      (): never => {
        throw cause;
      },
    ]) {
      const hub = untyped({ topics: thrower(validate) });
      await expect(hub.publish("a", 1)).rejects.toMatchObject({
        code: "invalid_data",
        field: "data",
        cause,
        message: expect.stringContaining("no table of countries"),
      });
    }
  });
});

test("an option that is no declaration is named", () => {
  expect(() => createHub({ topics: { "a/*": z.number() } } as never)).toThrow(
    expect.objectContaining({ code: "invalid_option", field: "topics" }),
  );
});
