import { TidingsError } from "@tidings/server";
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { HubConfig } from "../config/options.ts";
import { type Algorithm, PUBLIC_KEY_ALGORITHMS } from "./algorithms.ts";
import type { RemoteKeys } from "./jwks.ts";
import type { Key } from "./keys.ts";

/** Gives the claims of a token that is good here and now. @throws TidingsError `invalid_token`, `keys_unavailable` */
export type Verify = (token: string) => Promise<JWTPayload>;

/** How far the clocks of this machine and of the issuer may be apart, in seconds. */
export const LEEWAY = 5;

/** More than any proxy lets through. */
const MAX_TOKEN = 16 * 2 ** 10;

/** What is wrong with a token that is well signed may be told to whoever holds it. */
const CLAIM_FAULTS: Readonly<Record<string, string>> = {
  nbf: "is not valid yet",
  aud: "is for another audience",
  iss: "is of another issuer",
  exp: 'has an "exp" that is no time',
};

/**
 * Verifies tokens by these keys. The algorithm that a token names must be one that the key is bound to: `none` is none, and a
 * public key is no secret.
 */
export function createVerify(
  keys: readonly Key[],
  remote: RemoteKeys | undefined,
  { jwtAlg, jwtAudience, jwtIssuer }: HubConfig,
): Verify {
  const remoteAlgorithms = PUBLIC_KEY_ALGORITHMS.filter((name) => jwtAlg?.includes(name) ?? true);
  const claims = {
    clockTolerance: LEEWAY,
    ...(jwtAudience && { audience: [...jwtAudience] }),
    ...(jwtIssuer && { issuer: [...jwtIssuer] }),
  };

  async function verify(token: string): Promise<JWTPayload> {
    const header = decodeProtectedHeader(token);
    const algorithm = header.alg as Algorithm;
    const options: JWTVerifyOptions = { ...claims, algorithms: [algorithm] };
    for (const { key, algorithms } of keys) {
      if (!algorithms.includes(algorithm)) continue;
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (error) {
        // Another of several may have signed it.
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    const key = remoteAlgorithms.includes(algorithm) ? await remote?.find({ ...header, alg: algorithm }) : undefined;
    if (key === undefined) throw new errors.JWSSignatureVerificationFailed();
    return (await jwtVerify(token, key, options)).payload;
  }

  return async (token) => {
    if (token.length > MAX_TOKEN) throw refuse(`is longer than ${MAX_TOKEN} characters`);
    try {
      return await verify(token);
    } catch (error) {
      throw toTold(error);
    }
  };
}

/** Says no more of a signature than that it is not good: who asks may be trying out. */
function toTold(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refuse("has expired; get a fresh one");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuse(CLAIM_FAULTS[error.claim] ?? `has a claim "${error.claim}" that is not as it must be`);
  }
  if (error instanceof errors.JOSEError || error instanceof TypeError) {
    return refuse("is not one that this hub can verify: malformed, or signed with another key or algorithm");
  }
  return error;
}

/** @param fault follows "The token". */
export function refuse(fault: string): TidingsError {
  return new TidingsError("invalid_token", `The token ${fault}.`);
}
