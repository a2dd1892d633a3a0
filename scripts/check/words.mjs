import { read, sources } from "./tree.mjs";

/** Words that the design replaces, with the word to write instead. */
const REPLACED = new Map([
  ["session", "connection"],
  ["channel", "topic"],
  ["room", "topic"],
  ["emit", "publish, or send"],
  ["broadcast", "publish, or fan out"],
]);

/**
 * Where such a word may stand all the same.
 *
 * @type {{ text: RegExp, because: string }[]}
 */
const ALLOWED = [
  { text: /MessageChannel|BroadcastChannel|sessionStorage/g, because: "names of the web platform" },
  { text: /diagnostics_channel/g, because: "the name of a module of Node" },
  { text: /"session" in /g, because: "what node:http2 calls its connection" },
  { text: /\.emit\(|emitWarning/g, because: "names of Node: EventEmitter and process" },
  {
    text: /\b(and|makes?|leaves?|has|have|is) (no )?room\b|\b(of room|room for)\b|\bRoom for\b/g,
    because: "English for space, in a sentence",
  },
];

/** Gate: one word per idea, in identifiers, strings and comments. @type {import("../check.mjs").Gate} */
export const words = () => {
  const paths = sources();
  const problems = paths.flatMap((path) => replacedWords(path, read(path)));
  return { checked: `${paths.length} sources for ${[...REPLACED.keys()].join(", ")}`, problems };
};

/**
 * The places of a text where a replaced word stands, alone or as a part of a name.
 *
 * @param {string} path
 * @param {string} text
 * @returns {string[]}
 */
export function replacedWords(path, text) {
  return text.split("\n").flatMap((line, index) => {
    const ours = ALLOWED.reduce((rest, { text: allowed }) => rest.replaceAll(allowed, ""), line);
    return partsOf(ours)
      .filter((word) => REPLACED.has(word))
      .map((word) => `${path}:${index + 1}: write ${REPLACED.get(word)} instead of ${word}`);
  });
}

/**
 * The lower-case words of a line, camelCase taken apart, inflections taken off.
 *
 * @param {string} line
 * @returns {string[]}
 */
function partsOf(line) {
  const parts = line.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return parts.map((part) =>
    part.toLowerCase().replace(/^(session|channel|room|emit|broadcast)(s|ted|ting|ing)$/, "$1"),
  );
}
