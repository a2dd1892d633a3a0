import { readFileSync } from "node:fs";

/** An example in a page: `<!-- example: name -->` on the line before a code fence. */
const EXAMPLE = /^<!-- example: (\S+) -->\n```\w*\n([\s\S]*?)^```$/gm;

/** A page's marked examples, each of which somebody must check. */
export interface MarkedExamples {
  /** The content of an example, its last line break included. @throws Error if the page has none of this name */
  take(name: string): string;
  /** The examples that nobody took. */
  readonly left: readonly string[];
}

/** Reads the marked examples of a page. @param path from the root of the repository */
export function readExamples(path: string): MarkedExamples {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const examples = new Map([...text.matchAll(EXAMPLE)].map(([, name = "", content = ""]) => [name, content]));
  const left = new Set(examples.keys());
  return {
    take(name) {
      const content = examples.get(name);
      if (content === undefined) throw new Error(`${path} has no <!-- example: ${name} --> before a code fence`);
      left.delete(name);
      return content;
    },
    get left() {
      return [...left];
    },
  };
}
