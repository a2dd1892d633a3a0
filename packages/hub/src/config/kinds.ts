import type { Retention } from "@tidings/server";

/** A JSON Schema, draft 7: the one that editors know. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

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
  /** The value of a JSON one, or `undefined` if it is not one of this kind. */
  readonly parse: (value: unknown) => T | undefined;
  /** The JSON value that a flag or variable means, which is always a text. Default: that text. */
  readonly fromText?: (text: string) => unknown;
  /** What `parse` takes, as a JSON Schema. Default: a text, or a list of them if there may be more than one. */
  readonly schema?: JsonSchema;
}

const DURATION = /^(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h|d)$/;
const BYTES = /^(\d{1,15}(?:\.\d{1,15})?)((?:[kKmMgG][iI]?)?[bB])?$/;
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
const TEXT: JsonSchema = { type: "string", minLength: 1 };

/** Any text but the empty one. */
export const text = (placeholder: string, allowed: string): Kind<string> => ({
  placeholder,
  allowed,
  parse: (value) => (typeof value === "string" && value !== "" ? value : undefined),
});

/** On or off. */
export const toggle: Kind<boolean> = {
  allowed: "true or false",
  parse: (value) => (typeof value === "boolean" ? value : undefined),
  fromText: (value) => SWITCH[value],
  schema: { type: "boolean" },
};

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> => ({
  placeholder: "<number>",
  allowed: max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`,
  parse: (value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined,
  fromText: (value) => (/^\d{1,16}$/.test(value) ? Number(value) : undefined),
  schema: { type: "integer", minimum: min, maximum: max },
});

/** A span of time, in milliseconds. The unit is part of it, so that no one has to guess what 5000 is. */
export const duration: Kind<number> = {
  placeholder: "<duration>",
  allowed: "a duration with its unit: 500ms, 3s, 5m, 12h or 7d",
  parse: (value) => (value === 0 || value === "0" ? 0 : toWhole(scale(DURATION, value, DURATION_UNITS))),
  schema: { anyOf: [{ enum: [0, "0"] }, { type: "string", pattern: DURATION.source }] },
};

/** A span of time of at least a millisecond. */
export const positiveDuration: Kind<number> = {
  placeholder: "<duration>",
  allowed: "a duration above 0 with its unit: 500ms, 3s, 5m, 12h or 7d",
  parse: (value) => toPositive(scale(DURATION, value, DURATION_UNITS)),
  schema: { type: "string", pattern: positive(DURATION) },
};

/** A number of bytes, at least one. */
export const bytes: Kind<number> = {
  placeholder: "<bytes>",
  allowed: "a number of bytes above 0, such as 65536, 256KiB or 1GiB",
  parse: (value) =>
    typeof value === "number"
      ? toPositive(Number.isFinite(value) && value >= 1 ? value : 0)
      : toPositive(scale(BYTES, value, BYTE_UNITS)),
  schema: {
    anyOf: [
      { type: "number", minimum: 1 },
      { type: "string", pattern: positive(BYTES) },
    ],
  },
};

/** One of a few words. */
export const choice = <T extends string>(words: readonly T[]): Kind<T> => ({
  placeholder: `<${words.join("|")}>`,
  allowed: `one of ${words.join(", ")}`,
  parse: (value) => words.find((word) => word === value),
  schema: { enum: words },
});

/** A kind that also knows `none`: no bound. */
export const unbounded = (kind: Kind<number>): Kind<number> => ({
  ...kind,
  allowed: `${kind.allowed}, or none for no bound`,
  parse: (value) => (value === "none" ? Number.POSITIVE_INFINITY : kind.parse(value)),
  fromText: (value) => (value === "none" ? value : (kind.fromText ?? String)(value)),
  schema: { anyOf: [{ const: "none" }, kind.schema ?? TEXT] },
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
  schema: { anyOf: [TEXT, { type: "array", items: TEXT }] },
};

/** What retention may say of a topic or pattern. */
const BOUNDS = { maxAge: unbounded(positiveDuration), maxCount: unbounded(integer(1)), maxBytes: unbounded(bytes) };

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
  schema: {
    type: "object",
    additionalProperties: {
      type: "object",
      properties: Object.fromEntries(Object.entries(BOUNDS).map(([key, { schema }]) => [key, schema])),
      additionalProperties: false,
    },
  },
};

/** What `parse` of a kind takes. */
export function schemaOf({ schema, multiple }: Kind<unknown>): JsonSchema {
  return schema ?? (multiple ? { anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }] } : TEXT);
}

/** Whether a JSON value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseRetention(value: unknown): Retention | undefined {
  if (!isRecord(value)) return undefined;
  const rule: Record<string, number> = {};
  for (const [key, given] of Object.entries(value)) {
    const bound = Object.hasOwn(BOUNDS, key) ? BOUNDS[key as keyof typeof BOUNDS].parse(given) : undefined;
    if (bound === undefined) return undefined;
    rule[key] = bound;
  }
  return rule;
}

/** The number in a text, times its unit. */
function scale(form: RegExp, value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ""] = (typeof value === "string" ? form.exec(value) : null) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit.toLowerCase()] as number);
}
function toWhole(number: number | undefined): number | undefined {
  return number === undefined ? undefined : Math.round(number);
}

/** At least 1 of whatever is more than nothing. */
function toPositive(number: number | undefined): number | undefined {
  return number === undefined || !(number > 0) ? undefined : Math.max(1, Math.round(number));
}

/** The form of a text that is not nothing. */
function positive(form: RegExp): string {
  return `^(?=.*[1-9])${form.source.slice(1)}`;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
