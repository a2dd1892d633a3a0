import { expect, test } from "vitest";
import { memory } from "../../src/stores/memory.ts";
import {
  eventText,
  gapText,
  IN_STORE,
  id,
  lastEventIdAfter,
  listen,
  liveText,
  openText,
  publishAll,
  refused,
  settle,
  startHub,
} from "./support.ts";

test("without a wish a reader starts with what comes from now on", async () => {
  const { hub, runtime } = await startHub();
  await hub.publish("a", "before");
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "after");
  runtime.endTurn();
  expect(reader.text()).toBe(openText(1, ["a"], 1) + liveText(1) + eventText(2, "a", "after"));
});

test("from=earliest starts with the oldest held, at a position of its own", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  for (const topics of [["a"], ["*"]]) {
    const reader = await listen(hub, { topics, from: "earliest" });
    const n = hub.connections().length;
    expect(reader.text()).toBe(openText(n, topics, 0) + eventText(1, "a", "1") + eventText(2, "a", "2") + liveText(2));
  }
});

test("from=earliest where the oldest were trimmed: no gap, and an open without id, so that a cut asks again", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 2 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3", "4"]);
  runtime.endTurn();
  for (const topics of [["a"], ["*"]]) {
    const reader = await listen(hub, { topics, from: "earliest" });
    const n = hub.connections().length;
    expect(reader.text()).toBe(openText(n, topics) + eventText(3, "a", "3") + eventText(4, "a", "4") + liveText(4));
  }
});

test("from=earliest over several pages and trimmed topics: no gap in the middle either", async () => {
  const { hub, runtime } = await startHub({ retention: { topics: { b: { maxCount: 1 } } } }, memory(), IN_STORE);
  const data = Array.from({ length: 10 }, (_, at) => String(at).padEnd(20_000, "x"));
  await publishAll(hub, "a", data);
  await publishAll(hub, "b", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a", "b"], from: "earliest" });
  await settle();
  expect(reader.data).toEqual([...data, "3"]);
  expect(reader.named("tidings:gap")).toEqual([]);
});

test("from=<time> starts with what was accepted at that time or later", async () => {
  const { hub, runtime } = await startHub();
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data);
    runtime.advance(1_000);
  }
  runtime.endTurn();
  const at = (milliseconds: number): string => new Date(Date.UTC(2026, 0, 1) + milliseconds).toISOString();
  const cases: [string, string[]][] = [
    [at(-1), ["1", "2", "3"]],
    [at(0), ["1", "2", "3"]],
    [at(1), ["2", "3"]],
    [at(1_000), ["2", "3"]],
    [at(2_000), ["3"]],
    [at(2_001), []],
    [at(60_000), []],
    ["2026-01-01", ["1", "2", "3"]],
    ["2026-01-01T01:00:01+01:00", ["2", "3"]],
  ];
  for (const [from, expected] of cases) {
    for (const topics of [["a"], ["*"]]) {
      const reader = await listen(hub, { topics, from });
      expect({ from, data: reader.data }).toEqual({ from, data: expected });
      expect(reader.blocks[0]?.id).toBe(id(3 - expected.length));
      expect(reader.named("tidings:gap")).toEqual([]);
    }
  }
});

test.each([
  { from: "" },
  { from: "latest" },
  { from: "Earliest" },
  { from: "yesterday" },
  { from: "1767225600000" },
  { from: "2026-13-01" },
  { from: "2026-01-01T25:00:00Z" },
  { from: "2026-01-01 and then some" },
  { from: "Thu, 01 Jan 2026 00:00:00 GMT" },
  { last: "" },
  { last: "0" },
  { last: "-1" },
  { last: "1.5" },
  { last: "1e3" },
  { last: "0x10" },
  { last: " 5" },
  { last: "10001" },
  { last: "9999999" },
  { last: "all" },
])("%j is refused by name", async (wish) => {
  const { hub } = await startHub();
  const refusal = await refused(hub, { topics: ["a"], ...wish });
  const field = Object.keys(wish)[0];
  expect(refusal.status).toBe(400);
  expect(refusal.error).toMatchObject({ code: "invalid_parameter", field });
  expect(JSON.parse(refusal.body)).toMatchObject({ code: "invalid_parameter", field, status: 400 });
  expect(hub.status().connections).toBe(0);
});

test.each(["1", "10000", "0007"])("last=%s is accepted", async (last) => {
  const { hub } = await startHub();
  await listen(hub, { topics: ["a"], last });
});

test("last=N starts with the newest N of each topic, in the order of the log; open has no id", async () => {
  const { hub, runtime } = await startHub();
  for (const [topic, data] of ["a1", "a2", "b3", "a4", "c5", "b6", "b7"].map((name) => [name[0], name])) {
    await hub.publish(topic as string, data);
  }
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a", "b"], last: "2" });
  expect(reader.text()).toBe(
    openText(1, ["a", "b"]) +
      eventText(2, "a", "a2") +
      eventText(4, "a", "a4") +
      eventText(6, "b", "b6") +
      eventText(7, "b", "b7") +
      liveText(7),
  );
  const more = await listen(hub, { topics: ["a", "b"], last: "100" });
  expect(more.data).toEqual(["a1", "a2", "b3", "a4", "b6", "b7"]);
  const none = await listen(hub, { topics: ["quiet"], last: "100" });
  expect(none.text()).toBe(openText(3, ["quiet"]) + liveText(7));
});

test("last=N of a pattern gives the newest of at most 100 topics, those published to last", async () => {
  const { hub, runtime } = await startHub();
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 120; at++) await hub.publish(`t/${at}`, `${at}:${round}`);
  }
  await hub.publish("t/3", "again");
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["t/*", "t/0"], last: "1" });
  const topics = [0, 3, ...Array.from({ length: 99 }, (_, at) => at + 21)];
  expect(new Set(reader.events.map(({ topic }) => topic))).toEqual(new Set(topics.map((at) => `t/${at}`)));
  expect(reader.data).toHaveLength(101);
  expect(reader.data.at(0)).toBe("0:1");
  expect(reader.data.at(-1)).toBe("again");
  expect(reader.named("tidings:gap")).toEqual([]);
});

test("last=N where more was trimmed is no gap, and what comes next is live", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 2 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3", "4", "5"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], last: "5" });
  await hub.publish("a", "6");
  runtime.endTurn();
  expect(reader.text()).toBe(
    openText(1, ["a"]) + eventText(4, "a", "4") + eventText(5, "a", "5") + liveText(5) + eventText(6, "a", "6"),
  );
});

test("last=N of what is pending: once, not again with the flush", async () => {
  const { hub, runtime } = await startHub();
  const other = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "1");
  const reader = await listen(hub, { topics: ["a"], last: "3" });
  await hub.publish("a", "2");
  runtime.endTurn();
  expect(reader.data).toEqual(["1", "2"]);
  expect(other.data).toEqual(["1", "2"]);
});

test.each(["last", "from"] as const)(
  "a stream of %s, cut after any block and resumed: the rest, exactly once",
  async (wish) => {
    const { hub, runtime } = await startHub({ retention: { maxCount: 6 } }, memory(), IN_STORE);
    await publishAll(
      hub,
      "a",
      Array.from({ length: 10 }, (_, at) => String(at + 1)),
    );
    runtime.endTurn();
    const request = { topics: ["a"], ...(wish === "last" ? { last: "4" } : { from: "earliest" }) };
    const expected = wish === "last" ? ["7", "8", "9", "10"] : ["5", "6", "7", "8", "9", "10"];
    const whole = await listen(hub, request);
    expect(whole.data).toEqual(expected);
    const { parts } = whole;
    for (let cut = 0; cut <= parts.length; cut++) {
      // As EventSource does: the same address again, and the header if there is an id.
      const lastEventId = lastEventIdAfter(parts.slice(0, cut).join(""));
      const rest = await listen(hub, { ...request, ...(lastEventId !== "" && { lastEventId }) });
      expect(rest.data).toEqual(expected.slice(Math.max(0, Math.min(cut - 1, expected.length))));
      expect(rest.named("tidings:gap")).toEqual([]);
    }
  },
);

test("the last event id wins over last and from, even if those are wrong; last wins over from", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2", "3"]);
  runtime.endTurn();
  const data = async (request: object): Promise<string[]> => (await listen(hub, { topics: ["a"], ...request })).data;
  expect(await data({ lastEventId: id(2), from: "earliest", last: "3" })).toEqual(["3"]);
  expect(await data({ lastEventId: id(2), from: "never", last: "all" })).toEqual(["3"]);
  expect(await data({ last: "1", from: "earliest" })).toEqual(["3"]);
  expect(await data({ lastEventId: "", last: "2" })).toEqual(["2", "3"]);
  const gap = await listen(hub, { topics: ["a"], lastEventId: "?", last: "1" });
  expect(gap.text()).toContain(gapText("unknown", "?", id(0)));
  expect(gap.data).toEqual(["1", "2", "3"]);
});
