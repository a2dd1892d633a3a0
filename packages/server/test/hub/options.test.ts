import { expect, test } from "vitest";
import { createHub } from "../../src/create-hub.ts";
import type { HubOptions } from "../../src/hub/types.ts";
import { listen, openText, startHub, TestRuntime } from "./support.ts";

const LIMITS = [
  "connections",
  "connectionsPerSubject",
  "connectionsPerAddress",
  "topicsPerConnection",
  "eventBytes",
  "batchEvents",
  "bufferedBytes",
  "totalBufferedBytes",
  "stall",
];

const BAD_NUMBERS: unknown[] = [0, -1, Number.NaN, "5", {}];

test.each([
  ...BAD_NUMBERS.map((value) => ["heartbeat", { heartbeat: value }]),
  ...BAD_NUMBERS.map((value) => ["retry", { retry: value }]),
  ...BAD_NUMBERS.map((value) => ["vacatedAfter", { vacatedAfter: value }]),
  ...LIMITS.flatMap((name) => BAD_NUMBERS.map((value) => [`limits.${name}`, { limits: { [name]: value } }])),
  ["limits.connection", { limits: { connection: 1 } }],
  ["slowConsumer", { slowConsumer: "drop" }],
  ["slowConsumer", { slowConsumer: "" }],
  ["retention.maxAge", { retention: { maxAge: 0 } }],
  ["retention.maxCount", { retention: { maxCount: -1 } }],
  ["retention.maxBytes", { retention: { maxBytes: Number.NaN } }],
  ["retention.maxTotalBytes", { retention: { maxTotalBytes: "1" } }],
  ['retention.topics["a/*"].maxCount', { retention: { topics: { "a/*": { maxCount: 0 } } } }],
] as [string, HubOptions][])("the option %s is refused by name: %j", (field, options) => {
  let thrown: unknown;
  try {
    void createHub(options).close();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "invalid_option", field, status: 500 });
  expect((thrown as Error).message).toContain(field);
});

test("an option that is not known names those that are", () => {
  expect(() => createHub({ limits: { conections: 1 } as never })).toThrow(
    `The option limits.conections is not known; there are ${LIMITS.join(", ")}.`,
  );
});

test("an option that is undefined is as one that is not there", async () => {
  const { hub } = await startHub({ limits: { connections: undefined } as never });
  await listen(hub, { topics: ["a"] });
});

test.each([
  [0, 1_000],
  [0.25, 1_500],
  [0.5, 2_000],
  [0.999999, 3_000],
])("the reconnection time is between half and one and a half of retry: chance %f, %i ms", async (chance, retry) => {
  const { hub } = await startHub({ runtime: new TestRuntime(() => chance) });
  expect((await listen(hub, { topics: ["a"] })).retries).toEqual([retry]);
});

test("retry and heartbeat are told as they were set", async () => {
  const { hub } = await startHub({ retry: 500, heartbeat: 30_000 });
  const reader = await listen(hub, { topics: ["a"] });
  expect(reader.parts[0]).toBe(openText(1, ["a"], 0).replace("2000", "500").replace("15000", "30000"));
});
