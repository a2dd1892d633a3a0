import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BEYOND } from "./support/beyond.ts";
import { type ChromiumRunner, startChromiumRunner } from "./support/chromium.ts";
import { runInNode } from "./support/node.ts";
import { type ResourceServer, startResourceServer } from "./support/server.ts";
import type { Place, Scope, Subtest } from "./support/tools.ts";
import { NEWER, WPT } from "./support/wpt.ts";

// One table of subtests. The browser's own `EventSource` runs it, which shows that the subtests ask for the right things;
// ours runs it in Chromium, and in Node what Node can run.

const SUITES = { wpt: WPT, beyond: BEYOND };
type SuiteName = keyof typeof SUITES;

/** A cell that is held to fail, with the reason: one that does not any longer has to leave this list. */
interface Known {
  readonly use: Place["use"];
  readonly source: string | RegExp;
  readonly name?: RegExp;
  readonly scopes?: readonly Scope[];
  readonly because: string;
}

const KNOWN: readonly Known[] = [
  {
    use: "native",
    source: "eventsource-constructor-url-bogus.any.js",
    because: "Chromium takes a space in a host for %20",
  },
  { use: "native", source: "format-utf-8.any.js", because: "Chromium refuses a charset other than UTF-8" },
  {
    use: "native",
    source: "eventsource-cross-origin-preflight.window.js",
    name: /unsafe `/,
    because: "Chromium sends every Last-Event-ID without a preflight",
  },
  {
    use: "ours",
    source: "eventsource-cross-origin-preflight.window.js",
    name: /no preflight/,
    scopes: ["window", "dedicatedworker", "sharedworker"],
    because: "a script's header always has a preflight",
  },
  { use: "ours", source: "eventsource-onmessage-trusted.any.js", because: "no script can make a trusted event" },
  {
    use: "ours",
    source: "eventsource-request-cancellation.any.window.js",
    because: "to a script, Chromium's window.stop() is a failure of the network",
  },
];

/** Subtests of windows that Node has not got what it takes for. */
const NOT_IN_NODE: readonly Omit<Known, "use">[] = [
  { source: "eventsource-constructor-document-domain.window.js", because: "there is no document" },
  { source: "eventsource-request-cancellation.any.window.js", because: "there is no window.stop()" },
  { source: "eventsource-cross-origin.window.js", name: /should fail$/, because: "there is no CORS" },
  { source: "eventsource-cross-origin-preflight.window.js", name: /unsafe/, because: "there are no preflights" },
  { source: "eventsource-onmessage-trusted.any.js", because: "no script can make a trusted event" },
];

interface Cell {
  readonly suite: SuiteName;
  readonly subtest: Subtest;
  readonly index: number;
  readonly scope: Scope;
}

interface Column {
  readonly title: string;
  readonly use: Place["use"];
  readonly cells: readonly Cell[];
}

const COLUMNS: readonly Column[] = [
  {
    title: "Chromium's own, as the public suite runs it",
    use: "native",
    cells: cellsOf("wpt", ({ scopes }) => scopes),
  },
  {
    title: "ours in Chromium, as the public suite runs it",
    use: "ours",
    cells: cellsOf("wpt", ({ scopes }) => scopes),
  },
  { title: "ours in Node", use: "ours", cells: cellsOf("wpt", runsInNode) },
  // Beyond what the public suite does: what it runs in windows, in both kinds of workers too.
  { title: "ours in dedicated workers", use: "ours", cells: cellsOf("wpt", runsIn("dedicatedworker")) },
  { title: "ours in shared workers", use: "ours", cells: cellsOf("wpt", runsIn("sharedworker")) },
  ...(["window", "dedicatedworker", "sharedworker"] as const).flatMap((scope): Column[] => {
    const cells = cellsOf("beyond", ({ scopes }) => scopes.filter((each) => each === scope));
    return [
      { title: `beyond: Chromium's own, ${scope}`, use: "native", cells },
      { title: `beyond: ours, ${scope}`, use: "ours", cells },
    ];
  }),
  {
    title: "beyond: ours in Node",
    use: "ours",
    cells: cellsOf("beyond", ({ scopes }) => scopes.filter((scope) => scope === "node")),
  },
];

let server: ResourceServer;
let chromium: ChromiumRunner;
const counts: Record<string, { passed: number; of: number }> = {};

beforeAll(async () => {
  server = await startResourceServer();
  chromium = await startChromiumRunner(server);
});

afterAll(async () => {
  await chromium?.close();
  await server?.close();
  console.table(counts);
});

describe.each(COLUMNS)("$title", ({ title, use, cells }) => {
  const problems = new Map<Cell, string | null>();

  beforeAll(async () => {
    const inNode = cells.filter(({ scope }) => scope === "node");
    const found = await runInNode(
      server.port,
      inNode.map(({ subtest }) => subtest),
    );
    for (const [at, cell] of inNode.entries()) problems.set(cell, found[at] ?? null);
    for (const alone of [false, true]) {
      const chosen = cells.filter(({ scope, subtest }) => scope !== "node" && (subtest.alone ?? false) === alone);
      const jobs = chosen.map(({ suite, index, scope }) => ({ suite, index, scope }));
      const results = jobs.length === 0 ? [] : await chromium.run(use, jobs, { alone });
      for (const [at, cell] of chosen.entries()) problems.set(cell, results[at] ?? null);
    }
    const passed = (some: readonly Cell[]): number => some.filter((cell) => problems.get(cell) === null).length;
    const listed = cells.filter(({ subtest }) => !NEWER.has(subtest.source));
    counts[title] = { passed: passed(listed), of: listed.length };
    if (listed.length < cells.length) {
      const newer = cells.filter(({ subtest }) => NEWER.has(subtest.source));
      counts[`${title} (newer files)`] = { passed: passed(newer), of: newer.length };
    }
  }, 180_000);

  test.each(cells.map((cell) => ({ cell, name: nameOf(cell, use) })))("$name", ({ cell }) => {
    const known = knownOf(cell, use);
    if (known === undefined) expect(problems.get(cell)).toBeNull();
    else expect(problems.get(cell), `known to fail (${known.because}), and did not`).toBeTypeOf("string");
  });
});

function cellsOf(suite: SuiteName, scopesOf: (subtest: Subtest) => readonly Scope[]): Cell[] {
  return SUITES[suite].flatMap((subtest, index) =>
    scopesOf(subtest).map((scope) => ({ suite, subtest, index, scope })),
  );
}

/** Files that are about windows, once each; not those about frames and workers. */
function runsInNode(subtest: Subtest): Scope[] {
  const isOfWindow = subtest.scopes.includes("window") && subtest.fromPage !== true;
  const isLeftOut = NOT_IN_NODE.some((each) => matches(each, subtest));
  return isOfWindow && !isLeftOut ? ["node"] : [];
}

/** Files that are about windows, but not of what only a window has. */
function runsIn(scope: Scope): (subtest: Subtest) => Scope[] {
  return ({ scopes, fromPage, alone }) =>
    scopes.includes("window") && fromPage === undefined && alone === undefined ? [scope] : [];
}

function knownOf({ subtest, scope }: Cell, use: Place["use"]): Known | undefined {
  return KNOWN.find(
    (each) => each.use === use && matches(each, subtest) && (each.scopes === undefined || each.scopes.includes(scope)),
  );
}

function matches({ source, name }: Omit<Known, "use">, subtest: Subtest): boolean {
  const isSource = typeof source === "string" ? source === subtest.source : source.test(subtest.source);
  return isSource && (name === undefined || name.test(subtest.name));
}

function nameOf(cell: Cell, use: Place["use"]): string {
  const known = knownOf(cell, use);
  const { source, name } = cell.subtest;
  return `${source}: ${name} [${cell.scope}]${known === undefined ? "" : ` (fails: ${known.because})`}`;
}
