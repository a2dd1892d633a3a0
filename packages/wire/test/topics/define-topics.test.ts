import * as topicsEntry from "@tidings/wire/topics";
import {
  compareSpecificity,
  defineTopics,
  findPatternFault,
  hasTopic,
  issuePath,
  isTypeOnly,
  matchesPattern,
  typeOnly,
  typesOf,
} from "@tidings/wire/topics";
import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";

it("exports these values, and no others", () => {
  expect(Object.keys(topicsEntry).sort()).toEqual([
    "MAX_TOPIC_BYTES",
    "RESERVED_TOPIC_PREFIX",
    "compareSpecificity",
    "covers",
    "defineTopics",
    "findPatternFault",
    "findTopicFault",
    "hasTopic",
    "isPattern",
    "isReservedTopic",
    "isTypeOnly",
    "issuePath",
    "matchesPattern",
    "typeOnly",
    "typesOf",
  ]);
});

describe("defineTopics", () => {
  it("finds the schema of the topic, else of the most specific pattern, whatever the order", () => {
    const schemas = {
      "**": z.literal("**"),
      "a/*": z.literal("a/*"),
      "a/b": z.literal("a/b"),
      "a/**": z.literal("a/**"),
      "*/b": z.literal("*/b"),
    };
    for (const names of [Object.entries(schemas), Object.entries(schemas).reverse()]) {
      const topics = defineTopics(Object.fromEntries(names));
      const decisive = { "a/b": "a/b", "a/c": "a/*", "a/b/c": "a/**", "x/b": "*/b", x: "**", a: "**" };
      for (const [topic, name] of Object.entries(decisive)) {
        expect(topics.find(topic), topic).toBe(schemas[name as keyof typeof schemas]);
      }
    }
  });

  it("decides as the order of specificity does", () => {
    const level = fc.constantFrom("a", "b", "*");
    const name = fc
      .tuple(fc.array(level, { maxLength: 2 }), fc.constantFrom("a", "b", "*", "**"))
      .map(([levels, last]) => [...levels, last].join("/"));
    const topic = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), topic, (names, each) => {
        const schemas = new Map(names.map((key) => [key, z.literal(key)]));
        const [first] = names
          .filter((key) => key === each || matchesPattern(key, each))
          // A topic declared by its own name has only literal levels, as no pattern has.
          .sort((a, b) => Number(b === each) - Number(a === each) || compareSpecificity(a, b));
        const found = defineTopics(Object.fromEntries(schemas)).find(each);
        expect(found).toBe(first === undefined ? "topic" : schemas.get(first));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it("finds the schema of an event; `message` where there is no name", () => {
    const created = z.number();
    const message = v.string();
    const topics = defineTopics({ orders: { created, message }, news: message, jobs: { created } });
    expect(topics.find("orders", "created")).toBe(created);
    expect(topics.find("orders")).toBe(message);
    expect(topics.find("orders", "message")).toBe(message);
    expect(topics.find("news", "whatever")).toBe(message);
    expect(topics.find("jobs")).toBe("event");
    expect(topics.find("jobs", "changed")).toBe("event");
    for (const inherited of ["constructor", "toString", "__proto__"]) {
      expect(topics.find("jobs", inherited), inherited).toBe("event");
      expect(topics.find(inherited), inherited).toBe("topic");
    }
    expect(topics.find("")).toBe("topic");
  });

  it("never finds one for a topic of the hub's own", () => {
    const topics = defineTopics({ "**": typeOnly<unknown>() });
    expect(topics.find("tidings:status")).toBe("topic");
  });

  it("takes schemas that are objects and schemas that are functions", () => {
    const schemas = { zod: z.string(), valibot: v.string(), arktype: type("string"), alone: typeOnly<string>() };
    const topics = defineTopics(schemas);
    for (const [name, schema] of Object.entries(schemas)) expect(topics.find(name)).toBe(schema);
  });

  it.each([
    [{ "": z.string() }, '"" is no topic or pattern: it is empty'],
    [{ "a//b": z.string() }, '"a//b" is no topic or pattern: it has an empty level'],
    [{ "a*": z.string() }, '"a*" is no topic or pattern: "*" must be a level of its own'],
    [{ "**/a": z.string() }, '"**/a" is no topic or pattern: "**" may only be the last level'],
    [{ "tidings:x": z.string() }, '"tidings:x" is no topic or pattern: it belongs to the hub'],
    [{ a: undefined }, '"a" needs a Standard Schema, or typeOnly<T>()'],
    [{ a: null }, '"a" needs a Standard Schema'],
    [{ a: "string" }, '"a" needs a Standard Schema'],
    [{ a: {} }, '"a" needs a Standard Schema'],
    [{ a: { created: 1 } }, '"a", event "created", needs a Standard Schema'],
    [{ a: { "~standard": {} } }, '"a", event "~standard", needs a Standard Schema'],
  ])("refuses %j", (schemas, message) => {
    expect(() => defineTopics(schemas as never)).toThrow(TypeError);
    expect(() => defineTopics(schemas as never)).toThrow(message);
  });

  it("takes exactly the names that are patterns or topics", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "/", "*", ".", "\n"), maxLength: 6 }), (name) => {
        const define = (): unknown => defineTopics({ [name]: typeOnly<unknown>() });
        if (findPatternFault(name) === undefined) expect(define).not.toThrow();
        else expect(define).toThrow(TypeError);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});

describe("types alone", () => {
  it("take any value, and are known from schemas", () => {
    expect(typeOnly<number>()["~standard"].validate("any")).toEqual({ value: "any" });
    expect(isTypeOnly(typeOnly<number>())).toBe(true);
    expect(isTypeOnly(z.unknown())).toBe(false);
  });

  it("of a declaration find a schema for everything, which is none", () => {
    const found = typesOf().find("any/thing", "at all");
    expect(typeof found !== "string" && isTypeOnly(found)).toBe(true);
  });
});

describe("hasTopic", () => {
  it("is the topic itself, or matched by a pattern", () => {
    expect(hasTopic({ topic: "prices/ACME" }, "prices/ACME")).toBe(true);
    expect(hasTopic({ topic: "prices/ACME" }, "prices/*")).toBe(true);
    expect(hasTopic({ topic: "prices/ACME" }, "**")).toBe(true);
    expect(hasTopic({ topic: "prices/ACME" }, "prices")).toBe(false);
    expect(hasTopic({ topic: "prices/ACME/bid" }, "prices/*")).toBe(false);
    expect(hasTopic({ topic: undefined }, "**")).toBe(false);
  });
});

describe("issuePath", () => {
  it("joins keys of every form", () => {
    const path = ["items", 0, { key: "price" }, Symbol("s")];
    expect(issuePath({ message: "", path })).toBe("items.0.price.Symbol(s)");
    expect(issuePath({ message: "" })).toBe("");
  });

  it.each([
    ["Zod", z.array(z.object({ n: z.number() }))],
    ["Valibot", v.array(v.object({ n: v.number() }))],
    ["ArkType", type({ n: "number" }).array()],
  ])("says where, of %s: in the data, or the whole", async (_, schema) => {
    const [inside] = (await schema["~standard"].validate([{ n: 1 }, { n: "2" }])).issues ?? [];
    const [whole] = (await schema["~standard"].validate(null)).issues ?? [];
    expect([inside, whole].map((issue) => issue && issuePath(issue))).toEqual(["1.n", ""]);
  });
});
