import { findPatternFault, isReservedTopic } from "@tidings/wire/topics";
import type { JWTPayload } from "jose";
import { subject } from "../config/key-kinds.ts";
import { isRecord } from "../config/kinds.ts";
import type { Identity } from "./identity.ts";
import { refuse } from "./verify.ts";

/** The rights that a token may hold, as its claim `tidings`. */
export interface Grants {
  readonly subscribe?: readonly string[];
  readonly publish?: readonly string[];
  readonly presence?: readonly string[];
  readonly metrics?: boolean;
  readonly admin?: boolean;
}

const RIGHTS = ["subscribe", "publish", "presence", "metrics", "admin"] as const satisfies readonly (keyof Grants)[];

/** The latest time that a date can hold, in seconds since 1970 (ECMA-262 §21.4.1.1). */
const MAX_TIME = 8.64e12;

/**
 * Who holds a token with these claims, and what that is worth. A token without the claim `tidings` is worth nothing but
 * its subject's name.
 *
 * @param publicTopics what anyone may listen to
 * @throws TidingsError `invalid_token` naming the claim at fault: a right that is misspelt should not be missed in
 * silence
 */
export function toIdentity({ sub, exp, tidings = {} }: JWTPayload, publicTopics: readonly string[]): Identity {
  if (sub !== undefined && subject.parse(sub) === undefined) throw refuse(`has a "sub" that is not ${subject.allowed}`);
  if (exp !== undefined && exp > MAX_TIME) throw refuse('has an "exp" that is no time');
  if (!isRecord(tidings)) throw refuse('has a "tidings" that is no object');
  const stray = Object.keys(tidings).find((name) => !RIGHTS.some((right) => right === name));
  if (stray !== undefined)
    throw refuse(`has ${JSON.stringify(stray.slice(0, 80))} in "tidings", where there may be ${RIGHTS.join(", ")}`);
  const { metrics, admin } = tidings;
  for (const [name, value] of Object.entries({ metrics, admin }))
    if (value !== undefined && typeof value !== "boolean")
      throw refuse(`has a "tidings.${name}" that is not true or false`);
  return {
    hasToken: true,
    subject: sub,
    expires: exp === undefined ? undefined : exp * 1000,
    subscribe: [...publicTopics, ...toPatterns(tidings, "subscribe")],
    publish: toPatterns(tidings, "publish"),
    presence: toPatterns(tidings, "presence"),
    metrics: metrics === true,
    admin: admin === true,
  };
}

function toPatterns(tidings: Record<string, unknown>, name: "subscribe" | "publish" | "presence"): readonly string[] {
  const value = tidings[name] ?? [];
  if (!Array.isArray(value)) throw refuse(`has a "tidings.${name}" that is no list of topics and patterns`);
  for (const item of value as readonly unknown[]) {
    const fault =
      typeof item !== "string"
        ? "it is no text"
        : isReservedTopic(item)
          ? "it is the hub's own"
          : findPatternFault(item);
    if (fault !== undefined)
      throw refuse(
        `has ${JSON.stringify(item)?.slice(0, 80)} in "tidings.${name}", which is no topic or pattern: ${fault}`,
      );
  }
  return value as readonly string[];
}
