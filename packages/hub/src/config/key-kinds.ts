import { findPatternFault, isReservedTopic } from "@tidings/wire/topics";
import { ALGORITHMS, type Algorithm } from "../auth/algorithms.ts";
import type { Kind } from "./kinds.ts";

const MAX_SUBJECT = 256;

/** Texts that no message, help or log may show. */
export const secrets: Kind<readonly string[]> = {
  placeholder: "<secret>",
  multiple: true,
  isSecret: true,
  allowed: "a text that is not empty",
  parse: (value) => toTexts(value),
};

/** A token as it may stand in a header (RFC 6750 §2.1). */
export const bearerToken: Kind<string> = {
  placeholder: "<token>",
  isSecret: true,
  allowed: "a token as tidings token prints it",
  parse: (value) => (typeof value === "string" && /^[\w.~+/-]+=*$/.test(value) ? value : undefined),
};

/** Public keys in PEM, or the name of a file with some. */
export const publicKeys: Kind<string> = {
  placeholder: "<pem|file>",
  isSecret: true,
  allowed: "public keys in PEM, or the name of a file with them",
  parse: toFilled,
};

/** A private key in PEM or as a JSON Web Key, or the name of a file with it. */
export const privateKey: Kind<string> = {
  placeholder: "<pem|jwk|file>",
  isSecret: true,
  allowed: "a private key in PEM or as a JSON Web Key, or the name of a file with it",
  parse: toFilled,
};

/** What a key set calls a key (RFC 7517 §4.5). */
export const keyId: Kind<string> = {
  placeholder: "<kid>",
  allowed: "a text that is not empty",
  parse: toFilled,
};

/** An address that `fetch` takes. */
export const webAddress: Kind<string> = {
  placeholder: "<url>",
  allowed: "an http:// or https:// address without user and password",
  parse: (value) => {
    if (typeof value !== "string" || !URL.canParse(value)) return undefined;
    const { protocol, username, password } = new URL(value);
    return /^https?:$/.test(protocol) && username === "" && password === "" ? value : undefined;
  },
};

/** Signature algorithms, by their names in JWTs (RFC 7518 §3.1, RFC 8037 §3.1). */
export const algorithms: Kind<readonly Algorithm[]> = {
  placeholder: "<alg>",
  multiple: true,
  allowed: `one or more of ${ALGORITHMS.join(", ")}`,
  parse: (value) => {
    const names = toTexts(value, splitAtCommas);
    const known = names?.filter((name): name is Algorithm => ALGORITHMS.some((algorithm) => algorithm === name));
    return known?.length === names?.length ? known : undefined;
  },
};

/** Texts that are compared whole, such as audiences. */
export const texts = (placeholder: string, allowed: string): Kind<readonly string[]> => ({
  placeholder,
  multiple: true,
  allowed,
  parse: (value) => toTexts(value, splitAtCommas),
});

/** The name of a cookie (RFC 6265 §4.1.1). */
export const cookieName: Kind<string> = {
  placeholder: "<name>",
  allowed: 'the name of a cookie: letters, digits, and none of ()<>@,;:\\"/[]?={}',
  parse: (value) => (typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value) ? value : undefined),
};

/** Topics and patterns; in a variable, commas separate them. */
export const patterns: Kind<readonly string[]> = {
  placeholder: "<pattern>",
  multiple: true,
  allowed: "topics and patterns such as orders/42, orders/* and orders/**",
  parse: (value) => {
    const names = toTexts(typeof value === "string" ? splitAtCommas(value) : value);
    return names?.every((name) => findPatternFault(name) === undefined && !isReservedTopic(name)) ? names : undefined;
  },
};

/** Whom a token is for. Shown in lists and counted by, so that none needs to be longer. */
export const subject: Kind<string> = {
  placeholder: "<name>",
  allowed: `a text of 1 to ${MAX_SUBJECT} characters`,
  parse: (value) => (typeof value === "string" && value.length > 0 && value.length <= MAX_SUBJECT ? value : undefined),
};

function toFilled(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** All the parts of a text, or of each in a list; undefined unless there are some, and none is empty. */
function toTexts(
  value: unknown,
  split: (text: string) => readonly string[] = (text) => [text],
): readonly string[] | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const parts = items.flatMap((item) => (typeof item === "string" ? split(item) : [""]));
  return parts.length > 0 && parts.every((part) => part !== "") ? parts : undefined;
}

function splitAtCommas(text: string): readonly string[] {
  return text.split(",").map((part) => part.trim());
}
