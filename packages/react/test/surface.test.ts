import { readFileSync } from "node:fs";
import * as store from "@tidings/client/store";
import * as react from "@tidings/react";
import { expect, it } from "vitest";

// Others build on these names: a change here is a change of version.

it("@tidings/react exports these values, and no others", () => {
  expect(Object.keys(react).sort()).toEqual([
    "TidingsProvider",
    "typedHooks",
    "useConnection",
    "useEventEffect",
    "useEventSource",
    "useLatest",
    "useTopic",
  ]);
});

it("@tidings/client/store exports these values, and no others", () => {
  expect(Object.keys(store).sort()).toEqual([
    "createEventSourceStore",
    "createHubClient",
    "createTopicStore",
    "loadTopic",
    "toIdentity",
  ]);
});

it("what is installed says that it runs in the client, as its first line", () => {
  const built = readFileSync(new URL(import.meta.resolve("@tidings/react")), "utf8");
  expect(built.split("\n")[0]).toBe('"use client";');
});
