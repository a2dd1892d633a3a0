import { type JWTPayload, SignJWT } from "jose";
import type { HubConfig, RunningHub } from "tidings";
import { testHub } from "./hub.ts";

/** Long enough for every algorithm of secrets. */
export const SECRET = "a secret of the tests, as long as its longest hash, and not a byte less, at all";

/** A token with these claims: signed well, good for an hour unless it says something else. */
export function sign(claims: Record<string, unknown> = {}, secret = SECRET, alg = "HS256"): Promise<string> {
  return new SignJWT({ exp: secondsFromNow(3600), ...claims } as JWTPayload)
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(secret));
}

/** A token with these rights. */
export function grant(tidings: Record<string, unknown>, claims: Record<string, unknown> = {}): Promise<string> {
  return sign({ ...claims, tidings });
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** A hub that goes by {@link SECRET}. */
export function keyedHub(config: HubConfig = {}): Promise<RunningHub> {
  return testHub({ jwtSecret: [SECRET], ...config });
}
