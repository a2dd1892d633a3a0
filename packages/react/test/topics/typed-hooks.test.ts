import { typedHooks, useEventEffect, useLatest, useTopic } from "@tidings/react";
import { expect, test } from "vitest";

test("typed hooks are the hooks, so that what is tested of those holds of these", () => {
  expect(typedHooks()).toEqual({ useTopic, useLatest, useEventEffect });
});
