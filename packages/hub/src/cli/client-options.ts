import { bearerToken } from "../config/key-kinds.ts";
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

/** `--token`, of every command that calls a hub. */
export const tokenOption: OptionSpec<string> = {
  kind: bearerToken,
  help: "Token to show; better as TIDINGS_TOKEN, which no list of processes shows",
};

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
  token: tokenOption,
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
  token: tokenOption,
} as const satisfies Record<string, OptionSpec<unknown>>;

/**
 * An address at the hub. `path` is encoded already.
 *
 * @throws UsageError if `--url`, or `TIDINGS_URL`, is no address
 */
export function toHubUrl(flags: Arguments["flags"], path: string): URL {
  const base = readEither(flags, "url", hubUrl) ?? DEFAULT_URL;
  return new URL(`${base.replace(/\/+$/, "")}/${path}`);
}

/**
 * The headers that show who calls: none without a token.
 *
 * @throws UsageError if `--token`, or `TIDINGS_TOKEN`, is no token
 */
export function toCredentials(flags: Arguments["flags"]): Record<string, string> {
  const given = readEither(flags, "token", bearerToken);
  return given === undefined ? {} : { authorization: `Bearer ${given}` };
}

/** The flag, else its variable. */
function readEither<T>(flags: Arguments["flags"], key: string, kind: Kind<T>): T | undefined {
  const variable = toVariable(key);
  const fromEnvironment = process.env[variable];
  return (
    readFlag(flags, key, kind) ??
    (fromEnvironment === undefined ? undefined : readSetting(kind, fromEnvironment, variable))
  );
}
