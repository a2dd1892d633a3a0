import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BrowserName } from "../../../../../tests/support/browsers.ts";
import { BEYOND } from "./beyond.ts";
import type { Place, Scope, Subtest } from "./tools.ts";
import { NEWER, WPT } from "./wpt.ts";

// One table of subtests. Each browser's own `EventSource` runs it, which shows that the subtests ask for the right things;
// ours runs it in the browsers, and in Node what Node can run.

const SUITES = { wpt: WPT, beyond: BEYOND };
type SuiteName = keyof typeof SUITES;

/** A cell that is held to fail, with the reason: one that does not any longer has to leave this list. */
interface Known {
  readonly use: Place["use"];
  readonly in?: BrowserName;
  readonly source: string | RegExp;
  readonly name?: RegExp;
  readonly scopes?: readonly Scope[];
  readonly because: string;
}

const MODEL = "html 9.2.3 processing model";

const FIREFOX: readonly Known[] = [
  { use: "native", source: MODEL, name: /an id alone/, because: "Firefox takes an id only together with data" },
  { use: "native", source: MODEL, name: /an id with NUL/, because: "Firefox drops the block" },
  {
    use: "native",
    source: MODEL,
    name: /a server that is not there/,
    because: "Firefox gives up on a server of another origin that nothing listens for",
  },
  { use: "native", source: MODEL, name: /user name and password/, because: "Firefox sends them" },
  { use: "native", source: MODEL, name: /^data:/, because: "Firefox refuses data: for a stream" },
  {
    use: "ours",
    source: MODEL,
    name: /to where it was redirected/,
    because: "Firefox ends a fetch that was redirected at the next byte that comes, not at its abort",
  },
];

const KNOWN: readonly Known[] = [
  {
    use: "native",
    in: "Chromium",
    source: "eventsource-constructor-url-bogus.any.js",
    because: "Chromium takes a space in a host for %20",
  },
  {
    use: "native",
    in: "Chromium",
    source: "format-utf-8.any.js",
    because: "Chromium refuses a charset other than UTF-8",
  },
  {
    use: "native",
    source: "eventsource-cross-origin-preflight.window.js",
    name: /unsafe `/,
    because: "browsers send every Last-Event-ID without a preflight",
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
    because: "to a script, window.stop() is a failure of the network",
  },
  ...FIREFOX.map((each): Known => ({ ...each, in: "Firefox" })),
];

/** Subtests of windows that Node has not got what it takes for. */
const NOT_IN_NODE: readonly Omit<Known, "use" | "in">[] = [
  { source: "eventsource-constructor-document-domain.window.js", because: "there is no document" },
  { source: "eventsource-request-cancellation.any.window.js", because: "there is no window.stop()" },
  { source: "eventsource-cross-origin.window.js", name: /should fail$/, because: "there is no CORS" },
  { source: "eventsource-cross-origin-preflight.window.js", name: /unsafe/, because: "there are no preflights" },
  { source: "eventsource-onmessage-trusted.any.js", because: "no script can make a trusted event" },
];

export interface Cell {
  readonly suite: SuiteName;
  readonly subtest: Subtest;
  readonly index: number;
  readonly scope: Scope;
}

export interface Column {
  readonly title: string;
  readonly use: Place["use"];
  readonly cells: readonly Cell[];
  /** How many of the public suite's are to pass, whatever is known to fail. */
  readonly atLeast?: number;
}

export const IN_NODE: readonly Column[] = [
  { title: "ours, as the public suite asks", use: "ours", cells: cellsOf("wpt", runsInNode), atLeast: 72 },
  { title: "beyond: ours", use: "ours", cells: cellsOf("beyond", only("node")) },
];

export const IN_A_BROWSER: readonly Column[] = [
  { title: "its own, as the public suite runs it", use: "native", cells: cellsOf("wpt", ({ scopes }) => scopes) },
  {
    title: "ours, as the public suite runs it",
    use: "ours",
    cells: cellsOf("wpt", ({ scopes }) => scopes),
    atLeast: 130,
  },
  // Beyond what the public suite does: what it runs in windows, in both kinds of workers too.
  { title: "ours in dedicated workers", use: "ours", cells: cellsOf("wpt", runsIn("dedicatedworker")) },
  { title: "ours in shared workers", use: "ours", cells: cellsOf("wpt", runsIn("sharedworker")) },
  ...(["window", "dedicatedworker", "sharedworker"] as const).flatMap((scope): Column[] => [
    { title: `beyond: its own, ${scope}`, use: "native", cells: cellsOf("beyond", only(scope)) },
    { title: `beyond: ours, ${scope}`, use: "ours", cells: cellsOf("beyond", only(scope)) },
  ]),
];

/** How cells are run in a place. Settles with what is wrong, in order; null where nothing is. */
export type RunCells = (
  cells: readonly Cell[],
  use: Place["use"],
  options: { readonly alone: boolean },
) => Promise<readonly (string | null)[]>;

/** Runs columns one after the other, with a test for each cell, and prints their counts. */
export function describeColumns(place: string, columns: readonly Column[], run: RunCells): void {
  const counts: Record<string, { passed: number; of: number }> = {};
  afterAll(() => console.table(counts));

  describe.sequential.each(columns.map((column) => [column.title, column] as const))(
    "%s",
    (title, { use, cells, atLeast }) => {
      const problems = new Map<Cell, string | null>();

      beforeAll(async () => {
        for (const alone of [false, true]) {
          const chosen = cells.filter(({ subtest }) => (subtest.alone ?? false) === alone);
          const results = chosen.length === 0 ? [] : await run(chosen, use, { alone });
          for (const [at, cell] of chosen.entries()) problems.set(cell, results[at] ?? null);
        }
        const passed = (some: readonly Cell[]): number => some.filter((cell) => problems.get(cell) === null).length;
        const listed = cells.filter(({ subtest }) => !NEWER.has(subtest.source));
        counts[`${place}: ${title}`] = { passed: passed(listed), of: listed.length };
        if (listed.length < cells.length) {
          const newer = cells.filter(({ subtest }) => NEWER.has(subtest.source));
          counts[`${place}: ${title} (newer files)`] = { passed: passed(newer), of: newer.length };
        }
      }, 180_000);

      if (atLeast !== undefined) {
        test(`at least ${atLeast} pass`, () => {
          expect(counts[`${place}: ${title}`]?.passed).toBeGreaterThanOrEqual(atLeast);
        });
      }
      test.each(cells.map((cell) => [nameOf(cell, use, place), cell] as const))("%s", (_, cell) => {
        const known = knownOf(cell, use, place);
        if (known === undefined) expect(problems.get(cell)).toBeNull();
        else expect(problems.get(cell), `known to fail (${known.because}), and did not`).toBeTypeOf("string");
      });
    },
  );
}

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

function only(scope: Scope): (subtest: Subtest) => Scope[] {
  return ({ scopes }) => scopes.filter((each) => each === scope);
}

function knownOf({ subtest, scope }: Cell, use: Place["use"], place: string): Known | undefined {
  return KNOWN.find(
    (each) =>
      each.use === use &&
      matches(each, subtest) &&
      (each.in ?? place) === place &&
      (each.scopes === undefined || each.scopes.includes(scope)),
  );
}

function matches({ source, name }: Omit<Known, "use" | "in">, subtest: Subtest): boolean {
  const isSource = typeof source === "string" ? source === subtest.source : source.test(subtest.source);
  return isSource && (name === undefined || name.test(subtest.name));
}

function nameOf(cell: Cell, use: Place["use"], place: string): string {
  const known = knownOf(cell, use, place);
  const { source, name } = cell.subtest;
  return `${source}: ${name} [${cell.scope}]${known === undefined ? "" : ` (fails: ${known.because})`}`;
}
