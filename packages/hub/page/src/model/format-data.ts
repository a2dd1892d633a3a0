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

/** A JSON value that fits in this many characters stays on one line. */
const LINE_WIDTH = 60;

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
  const widths = measureGroups(tokens);
  let tokensOfLine: Token[] = [];
  let depth = 0;
  let column = 0;
  const lines: Line[] = [{ depth, tokens: tokensOfLine }];
  const open: { broken: boolean; brace: boolean }[] = [];

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
      const fits = around?.broken === false || column + (widths.get(at) ?? 0) <= LINE_WIDTH;
      const empty = next === "}" || next === "]";
      write("punctuation", token);
      open.push({ broken: !fits && !empty, brace: token === "{" && !empty });
      if (!fits && !empty) {
        depth++;
        breakLine();
      } else if (token === "{" && !empty) space();
    } else if (token === "}" || token === "]") {
      open.pop();
      if (around?.broken) {
        depth--;
        breakLine();
      } else if (around?.brace) space();
      write("punctuation", token);
    } else if (token === ",") {
      write("punctuation", token);
      if (around?.broken) breakLine();
      else space();
    } else if (token === ":") {
      write("punctuation", ": ");
    } else {
      write(toKind(token, next), token);
    }
  }
  return lines;
}

/** The width of every group on one line, by the index of its opening bracket. */
function measureGroups(tokens: readonly string[]): Map<number, number> {
  const widths = new Map<number, number>();
  const open: { at: number; before: number }[] = [];
  let width = 0;
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") open.push({ at, before: width });
    const inside = (token === "{" && tokens[at + 1] !== "}") || (token === "}" && tokens[at - 1] !== "{");
    const spaced = inside || token === "," || token === ":";
    width += token.length + (spaced ? 1 : 0);
    if (token === "}" || token === "]") {
      const group = open.pop();
      if (group !== undefined) widths.set(group.at, width - group.before);
    }
  }
  return widths;
}

function toKind(token: string, next: string | undefined): TokenKind {
  if (token.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(token) ? "number" : "literal";
}
