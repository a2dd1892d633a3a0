import { SignJWT } from "jose";
import { patterns, subject } from "../config/key-kinds.ts";
import { type Kind, positiveDuration, toggle } from "../config/kinds.ts";
import type { HubConfig } from "../config/options.ts";
import type { Grants } from "./claims.ts";
import type { Key } from "./keys.ts";

/** What a token is to say. */
export interface TokenRequest extends Grants {
  readonly subject?: string | undefined;
  /** Milliseconds since 1970; absent for a token that never expires. */
  readonly expires?: number | undefined;
}

/** Signs a token. */
export type Mint = (request: TokenRequest) => Promise<string>;

/** What each part of a token may be, as it is asked for; `expires` is a span of time then. */
export const TOKEN_KINDS = {
  subscribe: patterns,
  publish: patterns,
  presence: patterns,
  metrics: toggle,
  admin: toggle,
  subject,
  expires: positiveDuration,
} as const satisfies Record<string, Kind<unknown>>;

/** Whether a token would be worth no more than none. */
export function grantsNothing({ subscribe, publish, presence, metrics, admin }: Grants): boolean {
  return [subscribe, publish, presence].every((names) => names === undefined) && metrics !== true && admin !== true;
}

/** Mints tokens that a hub with the same settings takes: signed with the key, by its name if it has one, for its first audience, of its first issuer. */
export function createMint(
  { key, algorithms: [alg = "HS256"], kid }: Key,
  { jwtAudience, jwtIssuer }: Pick<HubConfig, "jwtAudience" | "jwtIssuer">,
): Mint {
  return ({ subject: sub, expires, ...tidings }) =>
    new SignJWT({
      ...(jwtIssuer && { iss: jwtIssuer[0] }),
      ...(jwtAudience && { aud: jwtAudience[0] }),
      ...(sub !== undefined && { sub }),
      iat: Math.floor(Date.now() / 1000),
      ...(expires !== undefined && { exp: Math.floor(expires / 1000) }),
      tidings,
    })
      .setProtectedHeader({ alg, typ: "JWT", ...(kid !== undefined && { kid }) })
      .sign(key);
}
