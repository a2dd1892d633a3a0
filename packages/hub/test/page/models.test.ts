import { describe, expect, test } from "vitest";
import { createDrafts } from "../../page/src/model/drafts.ts";
import { formatData, formatJson } from "../../page/src/model/format-data.ts";
import { addToPulse, NO_PULSE, rateOf } from "../../page/src/model/pulse.ts";
import { parseRoute, type Route, toHref } from "../../page/src/model/router.ts";
import { createStatsHistory, SAMPLES, type Stats } from "../../page/src/model/stats.ts";
import { orderTopics, searchTopics } from "../../page/src/model/topic-order.ts";

describe("routes", () => {
  test.each<[string, Route]>([
    ["#/", { screen: "overview" }],
    ["#/topics", { screen: "topics" }],
    ["#/topics/orders%2F42", { screen: "topic", name: "orders/42", view: "live" }],
    ["#/topics/a%20b%3F%23%25/history", { screen: "topic", name: "a b?#%", view: "history" }],
    ["#/topics/**", { screen: "topic", name: "**", view: "live" }],
    ["#/connections", { screen: "connections", search: "" }],
    ["#/connections?search=ada%26x", { screen: "connections", search: "ada&x" }],
    ["#/inspector?topic=orders%2F**", { screen: "inspector", name: "orders/**" }],
    ["#/try?topic=a+b", { screen: "try", name: "a b" }],
  ])("%s", (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(parseRoute(toHref(route))).toEqual(route);
  });

  test.each(["#/nothing", "#/topics/a/b", "#/topics/a/history/x", "#/connections/1"])("%s leads nowhere", (hash) => {
    expect(parseRoute(hash).screen).toBe("unknown");
  });

  test("no hash is the overview, and what is no encoding stands for itself", () => {
    expect(parseRoute("")).toEqual({ screen: "overview" });
    expect(parseRoute("#/topics/100%")).toEqual({ screen: "topic", name: "100%", view: "live" });
  });
});

describe("the hub's figures", () => {
  const at = (second: number, change: Partial<Stats> = {}): Stats => ({
    time: second * 1000,
    uptime: second,
    version: "1",
    node: "v20",
    store: { kind: "memory" },
    connections: { catchingUp: 1, live: 2, closing: 3 },
    publications: second * 10,
    deliveries: second * 100,
    bytesOut: 0,
    gaps: {},
    disconnects: {},
    lag: 0,
    buffered: 0,
    memory: { rss: 1, heapUsed: 1 },
    eventLoop: { p50: 1, p99: 2, max: 3 },
    append: { p50: 1, p99: 2 },
    ...change,
  });

  test("counters become rates, from the second reading on", () => {
    const history = createStatsHistory();
    history.add(at(1));
    expect(history.get().samples).toMatchObject([{ publications: null, connections: 3, store: null }]);
    history.add(at(3));
    expect(history.get().samples[1]).toMatchObject({ publications: 10, deliveries: 100, eventLoop: 2 });
  });

  test("a hub that counts anew has no rate for a moment, and what comes late is left out", () => {
    const history = createStatsHistory();
    history.add(at(5));
    history.add(at(6, { publications: 0 }));
    expect(history.get().samples[1]?.publications).toBeNull();
    history.add(at(6));
    history.add(at(4));
    expect(history.get().samples).toHaveLength(2);
  });

  test("a hole is a hole, not a line over it", () => {
    const history = createStatsHistory();
    history.add(at(1));
    history.add(at(60));
    expect(history.get().samples.map(({ connections }) => connections)).toEqual([3, null, 3]);
    expect(history.get().samples[2]?.publications).toBeNull();
  });

  test("five minutes are kept", () => {
    const history = createStatsHistory();
    for (let second = 1; second <= 2 * SAMPLES; second++) history.add(at(second));
    expect(history.get().samples).toHaveLength(SAMPLES);
    expect(history.get().samples.at(-1)?.time).toBe(2 * SAMPLES * 1000);
  });
});

describe("the pulse of a topic", () => {
  test("what it held counts for nothing, what comes is a rate over ten seconds", () => {
    let pulse = addToPulse(NO_PULSE, "held", 1_000);
    expect(rateOf(pulse, 1_500)).toBe(0);
    for (let second = 2; second <= 30; second++) {
      for (let n = 0; n < 5; n++) pulse = addToPulse(pulse, `${second}`, second * 1000 + n);
    }
    expect(pulse.data).toBe("30");
    expect(pulse.seconds.length).toBe(10);
    expect(rateOf(pulse, 30_900)).toBe(5);
    expect(rateOf(pulse, 35_000)).toBe(2.5);
    expect(rateOf(pulse, 60_000)).toBe(0);
    expect(rateOf(NO_PULSE, 1_000)).toBe(0);
  });
});

describe("drafts", () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
  };
  const begin = (topic: string) => ({ topic, event: "", data: "" });

  test("are kept by name, over a reload", () => {
    const kept = storage();
    createDrafts(kept, begin).set("a", { topic: "a", event: "x", data: "1" });
    const again = createDrafts(kept, begin);
    expect(again.get("a")).toEqual({ topic: "a", event: "x", data: "1" });
    expect(again.get("b")).toEqual(begin("b"));
  });

  test("are bounded in number and size, and the newest stay", () => {
    const kept = storage();
    const drafts = createDrafts(kept, begin);
    for (let n = 0; n < 100; n++) drafts.set(`t${n}`, { topic: `t${n}`, event: "", data: "x".repeat(50_000) });
    expect(drafts.get("t99").data).toHaveLength(50_000);
    expect(drafts.get("t0").data).toBe("");
    expect(kept.getItem("tidings:drafts")?.length).toBeLessThanOrEqual(500_000);
    // What is too long by itself is not kept over a reload; here it stays.
    drafts.set("big", { topic: "big", event: "", data: "x".repeat(600_000) });
    expect(drafts.get("big").data).toHaveLength(600_000);
    expect(kept.getItem("tidings:drafts")?.length).toBeLessThanOrEqual(500_000);
  });

  test.each(["", "{", "{}", "[1]", '[["a",{}]]'])("survive %s in their place", (text) => {
    const drafts = createDrafts({ getItem: () => text, setItem: () => {} }, begin);
    expect(drafts.get("a")).toEqual(begin("a"));
  });
});

test("JSON is formatted as text without a change to its values", () => {
  const json =
    '{"id":9007199254740993,"a":[1,2],"text":"a  b\\n","nested":{"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}';
  const text = formatJson(json) ?? "";
  expect(text).toContain("9007199254740993");
  expect(JSON.parse(text)).toEqual(JSON.parse(json));
  expect(formatJson(text)).toBe(text);
  expect(text.split("\n")).toHaveLength(formatData(json).lines.length);
  expect(formatJson("{")).toBeUndefined();
});

test("topics are found by text or pattern, and ordered by a column", () => {
  const topic = (name: string, count: number) => ({ topic: name, count, bytes: 0, readers: 0, ended: false });
  const topics = [topic("a/1", 1), topic("a/2", 3), topic("b", 2)];
  const names = (found: readonly { topic: string }[]) => found.map((each) => each.topic);
  expect(names(searchTopics(topics, "a/*"))).toEqual(["a/1", "a/2"]);
  expect(names(searchTopics(topics, "2"))).toEqual(["a/2"]);
  expect(names(orderTopics(topics, "count"))).toEqual(["a/2", "b", "a/1"]);
  expect(names(orderTopics(topics, "lastTime"))).toEqual(["a/1", "a/2", "b"]);
});
