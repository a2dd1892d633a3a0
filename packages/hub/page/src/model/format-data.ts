/** What a piece of a line is, for its colour. */
export type TokenKind = "key" | "string" | "number" | "literal" | "punctuation" | "text";

/** A coloured piece of a line. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** A line of data laid out, indented by `depth` levels. */
export interface Line {
  readonly depth: number;
  readonly tokens: readonly Token[];
}

/** Data laid out for reading. */
export interface FormattedData {
  readonly lines: readonly Line[];
  /** Characters left out at the end. */
  readonly omitted: number;
}

/** An object or array being written. */
interface Group {
  /** On one line; a line for each member; or, for a list of plain values, as many on each line as fit. */
  readonly layout: "whole" | "broken" | "filled";
  /** With a space inside its braces. */
  readonly padded: boolean;
}

/** A JSON value that fits in this many characters stays on one line: what the column of a 1440-pixel page holds. */
const LINE_WIDTH = 52;

/** Deeper lines are indented no further. */
const MAX_DEPTH = 16;

/** Longer data is shown as plain text and cut here: nobody reads on, and every token is an element. */
const MAX_CHARACTERS = 20_000;

/** What JSON consists of besides white space. Only for text that `JSON.parse` has accepted. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[^\s"[\]{},:]+|[[\]{},:]/g;

/**
 * Lays out JSON, or else splits text into lines.
 *
 * Works on the text as it was published, not on the parsed value: numbers beyond 2^53, repeated keys and escapes are
 * shown as they are.
 */
export function formatData(data: string): FormattedData {
  if (data.length > MAX_CHARACTERS) {
    return { lines: toTextLines(data.slice(0, MAX_CHARACTERS)), omitted: data.length - MAX_CHARACTERS };
  }
  return { lines: isJson(data) ? toJsonLines(data) : toTextLines(data), omitted: 0 };
}

/** JSON laid out as text; undefined for what is no JSON, and for what is too long to be edited by hand. */
export function formatJson(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS || !isJson(text)) return undefined;
  return toJsonLines(text)
    .map(({ depth, tokens }) => "  ".repeat(depth) + tokens.map((token) => token.text).join(""))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Whether `text` is one JSON value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function toTextLines(text: string): Line[] {
  return text.split(/\r\n|\r|\n/).map((line) => ({ depth: 0, tokens: [{ kind: "text", text: line }] }));
}

/** No recursion: the data is anyone's, and 20,000 nested arrays are valid JSON. */
function toJsonLines(json: string): Line[] {
  const tokens = json.match(JSON_TOKEN) ?? [];
  const groups = measureGroups(tokens);
  let tokensOfLine: Token[] = [];
  let depth = 0;
  let column = 0;
  const lines: Line[] = [{ depth, tokens: tokensOfLine }];
  const open: Group[] = [];

  const write = (kind: TokenKind, text: string) => {
    tokensOfLine.push({ kind, text });
    column += text.length;
  };
  const space = () => write("punctuation", " ");
  const breakLine = () => {
    tokensOfLine = [];
    column = 2 * Math.min(depth, MAX_DEPTH);
    lines.push({ depth: column / 2, tokens: tokensOfLine });
  };

  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    const around = open.at(-1);
    if (token === "{" || token === "[") {
      const { width, flat } = groups.get(at) ?? { width: 0, flat: true };
      const whole = around?.layout === "whole" || column + width <= LINE_WIDTH;
      const group: Group = {
        layout: whole ? "whole" : token === "[" && flat ? "filled" : "broken",
        padded: token === "{" && next !== "}",
      };
      open.push(group);
      write("punctuation", token);
      if (!whole) {
        depth++;
        breakLine();
      } else if (group.padded) space();
    } else if (token === "}" || token === "]") {
      open.pop();
      if (around?.layout !== "whole") {
        depth--;
        breakLine();
      } else if (around.padded) space();
      write("punctuation", token);
    } else if (token === ",") {
      write("punctuation", token);
      const full = column + 2 + (next?.length ?? 0) > LINE_WIDTH;
      if (around?.layout === "broken" || (around?.layout === "filled" && full)) breakLine();
      else space();
    } else if (token === ":") {
      write("punctuation", ": ");
    } else {
      write(toKind(token, next), token);
    }
  }
  return lines;
}

/** The width of every group on one line, and whether no group is in it, by the index of its opening bracket. */
function measureGroups(tokens: readonly string[]): Map<number, { width: number; flat: boolean }> {
  const groups = new Map<number, { width: number; flat: boolean }>();
  const open: { at: number; before: number; flat: boolean }[] = [];
  let width = 0;
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      const around = open.at(-1);
      if (around !== undefined) around.flat = false;
      open.push({ at, before: width, flat: true });
    }
    const inside = (token === "{" && tokens[at + 1] !== "}") || (token === "}" && tokens[at - 1] !== "{");
    const spaced = inside || token === "," || token === ":";
    width += token.length + (spaced ? 1 : 0);
    if (token === "}" || token === "]") {
      const group = open.pop();
      if (group !== undefined) groups.set(group.at, { width: width - group.before, flat: group.flat });
    }
  }
  return groups;
}

function toKind(token: string, next: string | undefined): TokenKind {
  if (token.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(token) ? "number" : "literal";
}
