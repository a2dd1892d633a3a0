/** Signature algorithms of JWTs that a hub may accept; `none` is not among them (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864). */
export type Algorithm = (typeof ALGORITHMS)[number];

export const ALGORITHMS = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** Those of a shared secret, with the bytes that it must have: as many as its hash (RFC 7518 §3.2). */
export const SECRET_BYTES: Readonly<Partial<Record<Algorithm, number>>> = { HS256: 32, HS384: 48, HS512: 64 };

/** Those of a public key. */
export const PUBLIC_KEY_ALGORITHMS: readonly Algorithm[] = ALGORITHMS.filter((name) => !(name in SECRET_BYTES));
