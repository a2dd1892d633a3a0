import { type Kind, text, toggle } from "../config/kinds.ts";
import { toVariable } from "../config/names.ts";
import type { OptionSpec } from "../config/options.ts";
import { readSetting } from "../config/read-setting.ts";
import { type Arguments, readFlag } from "./arguments.ts";

/** Where `tidings publish` and `tidings subscribe` find the hub if they are told nothing. */
const DEFAULT_URL = "http://127.0.0.1:4400";

const hubUrl: Kind<string> = {
  placeholder: "<url>",
  allowed: "the http:// or https:// address of a hub",
  parse: (value) =>
    typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined,
};

const url: OptionSpec<string> = { kind: hubUrl, default: DEFAULT_URL, help: "The hub; also TIDINGS_URL" };

/** The settings of `tidings publish`. */
export const PUBLISH_OPTIONS = {
  event: {
    kind: text("<name>", "an event name"),
    help: "The event's name; without it, every EventSource takes it as message",
  },
  key: {
    kind: text("<key>", "a text that is not empty"),
    help: "Idempotency key: publishing again with it within 24 hours stores nothing",
  },
  end: { kind: toggle, help: "End the topic with this event, or without one if no data is given" },
  url,
} as const satisfies Record<string, OptionSpec<unknown>>;

/** The settings of `tidings subscribe`. */
export const SUBSCRIBE_OPTIONS = {
  raw: { kind: toggle, help: "Print the data alone, as it was published" },
  last: { kind: text("<number>", "a whole number"), help: "Start with the newest so many events of each topic" },
  from: {
    kind: text("<place>", "earliest or a time"),
    help: "Start with history: earliest, or from a time such as 2026-01-31T12:00:00Z",
  },
  url,
} as const satisfies Record<string, OptionSpec<unknown>>;

/**
 * An address at the hub. `path` is encoded already.
 *
 * @throws UsageError if `--url`, or `TIDINGS_URL`, is no address
 */
export function toHubUrl(flags: Arguments["flags"], path: string): URL {
  const variable = toVariable("url");
  const fromEnvironment = process.env[variable];
  const base =
    readFlag(flags, "url", hubUrl) ??
    (fromEnvironment === undefined ? DEFAULT_URL : readSetting(hubUrl, fromEnvironment, variable));
  return new URL(`${base.replace(/\/+$/, "")}/${path}`);
}
