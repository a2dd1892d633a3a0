import type { Draft } from "./curl.ts";

/** What was typed into publish forms, by the topic or pattern they belong to. */
export interface Drafts {
  /** What was typed, or what a form begins with. */
  get(name: string): Draft;
  set(name: string, draft: Draft): void;
}

const KEY = "tidings:drafts";

/** Drafts kept: those typed last. */
const MAX_DRAFTS = 20;

/** Characters kept. A tab may keep some 5 million, and others want some of them. */
const MAX_CHARACTERS = 500_000;

/** @param begin what a form begins with */
export function createDrafts(storage: Pick<Storage, "getItem" | "setItem">, begin: (name: string) => Draft): Drafts {
  let kept = read();

  function read(): [string, Draft][] {
    try {
      const value: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
      return Array.isArray(value) ? value.filter(isEntry) : [];
    } catch {
      return [];
    }
  }

  return {
    get: (name) => kept.find(([key]) => key === name)?.[1] ?? begin(name),
    set(name, draft) {
      kept = [...kept.filter(([key]) => key !== name), [name, draft] as [string, Draft]].slice(-MAX_DRAFTS);
      while (kept.length > 1 && JSON.stringify(kept).length > MAX_CHARACTERS) kept = kept.slice(1);
      const text = JSON.stringify(kept);
      if (text.length <= MAX_CHARACTERS) storage.setItem(KEY, text);
    },
  };
}

function isEntry(value: unknown): value is [string, Draft] {
  if (!Array.isArray(value) || typeof value[0] !== "string") return false;
  const draft: Partial<Draft> | null = value[1];
  return [draft?.topic, draft?.event, draft?.data].every((text) => typeof text === "string");
}
