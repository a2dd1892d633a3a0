import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { TidingsError } from "@tidings/server";
import { isRecord } from "../config/kinds.ts";
import { toFlag } from "../config/names.ts";
import type { HubConfig } from "../config/options.ts";
import { type Algorithm, SECRET_BYTES } from "./algorithms.ts";

/** A key, with the algorithms it may be used with, the preferred one first. */
export interface Key {
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
  /** What tokens that it signs call it (RFC 7515 §4.1.4). */
  readonly kid?: string | undefined;
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const MIN_RSA_BITS = 2048;
const RSA: readonly Algorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const FORMS = { jwtSecret: "a text", jwtPublicKey: "PEM", jwtPrivateKey: "PEM, a JSON Web Key" } as const;
const CURVES: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};

/**
 * The secrets and public keys of a configuration. Each is bound to the algorithms of its own kind, so that no public key can
 * be taken for a secret.
 *
 * @throws TidingsError `invalid_option` with the sentence that says how to mend it
 */
export function readKeys({ jwtSecret = [], jwtPublicKey, jwtAlg }: HubConfig): readonly Key[] {
  return [
    ...jwtSecret.map((secret) => narrow("jwtSecret", toSecretKey(secret, jwtAlg), jwtAlg)),
    ...(jwtPublicKey === undefined ? [] : readPublicKeys(jwtPublicKey, jwtAlg)),
  ];
}

/** @throws TidingsError `invalid_option` */
export function toSecretKey(secret: string, allowed?: readonly Algorithm[]): Key {
  const bytes = Buffer.byteLength(secret);
  const asked = Object.entries(SECRET_BYTES).filter(([name]) => allowed?.includes(name as Algorithm) ?? true);
  const fitting = asked.filter(([, least]) => bytes >= least).map(([name]) => name as Algorithm);
  const [first] = asked;
  if (fitting.length === 0 && first !== undefined) {
    throw refuse(
      "jwtSecret",
      `is ${bytes} bytes long, but ${first[0]} needs at least ${first[1]}. Make one with: openssl rand -base64 ${first[1]}`,
    );
  }
  return { key: createSecretKey(secret, "utf8"), algorithms: fitting };
}

/** The private key in a text or file, in PEM or as a JSON Web Key. @throws TidingsError `invalid_option` */
export function readPrivateKey(keyOrFile: string, allowed?: readonly Algorithm[]): Key {
  const text = readText("jwtPrivateKey", keyOrFile);
  return narrow("jwtPrivateKey", isJson(text) ? toJwkKey(text) : toPemKey(text), allowed);
}

function toPemKey(text: string): Key {
  const [block, ...more] = readBlocks("jwtPrivateKey", text);
  if (block === undefined || more.length > 0 || !block.label.endsWith("PRIVATE KEY"))
    throw refuse("jwtPrivateKey", 'must hold one key, between "-----BEGIN PRIVATE KEY-----" and its end.');
  return toKey("jwtPrivateKey", () => createPrivateKey(block.text));
}

/** A key that says its name and algorithm: a set that holds its public half goes by them (RFC 7517 §4). */
function toJwkKey(text: string): Key {
  const jwk = parseJson(text);
  if (!isRecord(jwk) || typeof jwk.d !== "string")
    throw refuse("jwtPrivateKey", 'must hold one private JSON Web Key, an object with "kty" and "d".');
  const { kid, alg } = jwk;
  const key = toKey("jwtPrivateKey", () => createPrivateKey({ key: jwk, format: "jwk" }));
  const algorithms = alg === undefined ? key.algorithms : key.algorithms.filter((name) => name === alg);
  if (algorithms.length === 0) throw refuse("jwtPrivateKey", `holds a key that is not for its "alg", ${String(alg)}.`);
  return { key: key.key, algorithms, kid: typeof kid === "string" && kid !== "" ? kid : undefined };
}

/** Several in one file make a change of keys that nobody notices. */
function readPublicKeys(pemOrFile: string, allowed: readonly Algorithm[] | undefined): readonly Key[] {
  return readBlocks("jwtPublicKey", readText("jwtPublicKey", pemOrFile)).map(({ label, text }) => {
    if (label.endsWith("PRIVATE KEY"))
      throw refuse("jwtPublicKey", "holds a private key, which a hub need not know. Give it the public one.");
    return narrow(
      "jwtPublicKey",
      toKey("jwtPublicKey", () => createPublicKey(text)),
      allowed,
    );
  });
}

function readBlocks(field: KeyField, pem: string): readonly { label: string; text: string }[] {
  const blocks = [...pem.matchAll(PEM_BLOCK)].map(([block, label = ""]) => ({ label, text: block }));
  if (blocks.length > 0) return blocks;
  throw refuse(field, "holds no key in PEM, which begins with -----BEGIN.");
}

function readText(field: KeyField, keyOrFile: string): string {
  // A variable cannot always hold line breaks.
  if (keyOrFile.includes("-----BEGIN")) return keyOrFile.replaceAll("\\n", "\n");
  return isJson(keyOrFile) ? keyOrFile : readFile(field, keyOrFile);
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readFile(field: KeyField, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(field, `is neither ${FORMS[field]} nor a file that can be read: ${(error as Error).message}`);
  }
}

function toKey(field: KeyField, create: () => KeyObject): Key {
  let key: KeyObject;
  try {
    key = create();
  } catch (error) {
    throw refuse(field, `holds a key that cannot be read: ${(error as Error).message}`);
  }
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength >= MIN_RSA_BITS) return { key, algorithms: RSA };
      throw refuse(field, `holds an RSA key of ${modulusLength} bits; it needs at least ${MIN_RSA_BITS}.`);
    case "ec":
      if (CURVES[namedCurve] !== undefined) return { key, algorithms: CURVES[namedCurve] };
      throw refuse(field, `holds a key on the curve ${namedCurve}; use P-256, P-384 or P-521.`);
    case "ed25519":
      return { key, algorithms: ["EdDSA", "Ed25519"] };
    default:
      throw refuse(field, `holds a key of the type ${key.asymmetricKeyType}; use RSA, EC or Ed25519.`);
  }
}

function narrow(field: KeyField, key: Key, allowed: readonly Algorithm[] | undefined): Key {
  const { algorithms } = key;
  const left = allowed === undefined ? algorithms : allowed.filter((name) => algorithms.includes(name));
  if (left.length > 0) return { ...key, algorithms: left };
  throw refuse(field, `fits none of the algorithms that --jwt-alg allows: ${allowed?.join(", ")}.`);
}

type KeyField = "jwtSecret" | "jwtPublicKey" | "jwtPrivateKey";

function refuse(field: KeyField, fault: string): TidingsError {
  return new TidingsError("invalid_option", `${toFlag(field)} ${fault}`, { field });
}
