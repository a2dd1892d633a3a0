import type { Retention } from "@tidings/server";

/** What a setting may be: how it is read from text (flag, variable) or JSON (file), and how that is said to a person. */
export interface Kind<T> {
  /** Stands for the value in `--help`. Absent for a switch, which takes none. */
  readonly placeholder?: string;
  /** May be given more than once. */
  readonly multiple?: true;
  /** No message may show its value. */
  readonly isSecret?: true;
  /** Follows "must be" in the message about a wrong value. */
  readonly allowed: string;
  /** The value, or `undefined` if it is not one of this kind. */
  readonly parse: (value: unknown) => T | undefined;
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const SWITCH: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };
const RETENTION_KEYS = ["maxAge", "maxCount", "maxBytes"] as const;

/** Any text but the empty one. */
export const text = (placeholder: string, allowed: string): Kind<string> => ({
  placeholder,
  allowed,
  parse: (value) => (typeof value === "string" && value !== "" ? value : undefined),
});

/** On or off. */
export const toggle: Kind<boolean> = {
  allowed: "true or false",
  parse: (value) => (typeof value === "boolean" ? value : typeof value === "string" ? SWITCH[value] : undefined),
};

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> => ({
  placeholder: "<number>",
  allowed: max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`,
  parse: (value) => {
    const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
    return typeof number === "number" && Number.isSafeInteger(number) && number >= min && number <= max
      ? number
      : undefined;
  },
});

/** A span of time, in milliseconds. The unit is part of it, so that no one has to guess what 5000 is. */
export const duration: Kind<number> = {
  placeholder: "<duration>",
  allowed: "a duration with its unit: 500ms, 3s, 5m, 12h or 7d",
  parse: (value) => {
    if (value === 0 || value === "0") return 0;
    const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) : null;
    return match === null ? undefined : Math.round(Number(match[1]) * (DURATION_UNITS[match[2] as string] as number));
  },
};

/** A span of time of at least a millisecond. */
export const positiveDuration: Kind<number> = {
  ...duration,
  allowed: "a duration above 0 with its unit: 500ms, 3s, 5m, 12h or 7d",
  parse: (value) => duration.parse(value) || undefined,
};

/** A number of bytes, at least one. */
export const bytes: Kind<number> = {
  placeholder: "<bytes>",
  allowed: "a number of bytes above 0, such as 65536, 256KiB or 1GiB",
  parse: (value) => {
    const match = /^(\d+(?:\.\d+)?)([kmg]?i?b?)$/i.exec(typeof value === "number" ? String(value) : asText(value));
    const unit = match === null ? undefined : BYTE_UNITS[(match[2] as string).toLowerCase()];
    const number = unit === undefined || match === null ? 0 : Math.floor(Number(match[1]) * unit);
    return number > 0 ? number : undefined;
  },
};

/** One of a few words. */
export const choice = <T extends string>(words: readonly T[]): Kind<T> => ({
  placeholder: `<${words.join("|")}>`,
  allowed: `one of ${words.join(", ")}`,
  parse: (value) => words.find((word) => word === value),
});

/** A kind that also knows `none`: no bound. */
export const unbounded = (kind: Kind<number>): Kind<number> => ({
  ...kind,
  allowed: `${kind.allowed}, or none for no bound`,
  parse: (value) => (value === "none" ? Number.POSITIVE_INFINITY : kind.parse(value)),
});

/** Web origins, each as a browser sends it, or `*` for all. */
export const origins: Kind<readonly string[]> = {
  placeholder: "<origin>",
  multiple: true,
  allowed: 'origins such as https://app.example (scheme, host and port, nothing behind), or "*" for every origin',
  parse: (value) => {
    const list = (Array.isArray(value) ? value : [value]).flatMap((item) => asText(item).split(","));
    const trimmed = list.map((item) => item.trim());
    return trimmed.every((item) => item === "*" || isOrigin(item)) ? trimmed : undefined;
  },
};

/** Bounds of history by topic or pattern; whether the names are any good is for the engine to say. */
export const retentionRules: Kind<Readonly<Record<string, Retention>>> = {
  allowed:
    'an object such as { "orders/**": { "maxAge": "1h", "maxCount": 100, "maxBytes": "1MiB" } }, any of the three bounds each',
  parse: (value) => {
    const rules: Record<string, Retention> = {};
    if (!isRecord(value)) return undefined;
    for (const [name, given] of Object.entries(value)) {
      const rule = parseRetention(given);
      if (rule === undefined) return undefined;
      rules[name] = rule;
    }
    return rules;
  },
};

/** Whether a JSON value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseRetention(value: unknown): Retention | undefined {
  if (!isRecord(value) || Object.keys(value).some((key) => !RETENTION_KEYS.some((known) => known === key)))
    return undefined;
  const kinds = { maxAge: unbounded(positiveDuration), maxCount: unbounded(integer(1)), maxBytes: unbounded(bytes) };
  const rule: { -readonly [K in keyof Retention]: Retention[K] } = {};
  for (const key of RETENTION_KEYS) {
    if (value[key] === undefined) continue;
    const bound = kinds[key].parse(value[key]);
    if (bound === undefined) return undefined;
    rule[key] = bound;
  }
  return rule;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
