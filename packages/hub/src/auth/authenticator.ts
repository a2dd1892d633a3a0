import type { IncomingMessage } from "node:http";
import { TidingsError } from "@tidings/server";
import type { Logger } from "pino";
import { toFlag } from "../config/names.ts";
import type { Settings } from "../config/options.ts";
import { isLoopbackHostname } from "../http/loopback.ts";
import { toIdentity } from "./claims.ts";
import { findCredentials } from "./credentials.ts";
import { type Identity, OWNER, toStranger } from "./identity.ts";
import { createRemoteKeys, nameOf } from "./jwks.ts";
import { type Key, readKeys } from "./keys.ts";
import { createMint, type Mint } from "./mint.ts";
import { assertOwnPage } from "./own-page.ts";
import { createVerify } from "./verify.ts";

/** What a hub knows of keys. */
export interface Authenticator {
  /** Without keys, whoever reaches the hub may do everything, and only this machine may reach it. */
  readonly hasKeys: boolean;
  /**
   * Who makes a request. Not settled in the same turn only if there is a token to verify.
   *
   * @throws TidingsError `invalid_token`, `origin_not_allowed`, `keys_unavailable`
   */
  identify(request: IncomingMessage): Identity | Promise<Identity>;
  /** Signs tokens; absent without a secret. */
  readonly mint: Mint | undefined;
}

/** Settings that mean nothing without keys; whoever has given one must have thought that there are some. */
const NEED_KEYS = ["jwtAlg", "jwtAudience", "jwtIssuer", "jwtCookie", "jwtQuery", "public"] as const;
const HOW = "Set TIDINGS_JWT_SECRET, --jwt-public-key or --jwks-url";

/**
 * Reads the keys of a configuration.
 *
 * @throws TidingsError `invalid_option` for a key that is none, a secret that is too short, or a hub that anybody could reach
 */
export function createAuthenticator(settings: Settings, log: Logger): Authenticator {
  const keys = readKeys(settings);
  const hasKeys = keys.length > 0 || settings.jwksUrl !== undefined;
  if (!hasKeys) {
    assertNothingToGuard(settings);
    return { hasKeys, identify: () => OWNER, mint: undefined };
  }
  const { jwksUrl, jwtCookie, corsOrigin, public: publicTopics = [] } = settings;
  const remote =
    jwksUrl === undefined
      ? undefined
      : createRemoteKeys(jwksUrl, {
          onError: (err) => log.error({ err, jwksUrl: nameOf(jwksUrl) }, "the keys cannot be fetched"),
        });
  const verify = createVerify(keys, remote, settings);
  const stranger = toStranger(publicTopics);
  const signing = keys.find(isSecret);
  return {
    hasKeys,
    identify(request) {
      const credentials = findCredentials(request, jwtCookie);
      if (credentials === undefined) return stranger;
      if (credentials.isCookie) assertOwnPage(request, corsOrigin);
      return verify(credentials.token).then((claims) => toIdentity(claims, publicTopics));
    },
    mint: signing === undefined ? undefined : createMint(signing, settings),
  };
}

function isSecret({ key }: Key): boolean {
  return key.type === "secret";
}

function assertNothingToGuard(settings: Settings): void {
  const { host } = settings;
  if (!isLoopbackHostname(host)) {
    throw new TidingsError(
      "invalid_option",
      `Without keys the hub serves this machine alone, not ${host}: whoever reached it could publish and read everything. ${HOW} to let others in by token.`,
      { field: "host" },
    );
  }
  const idle = NEED_KEYS.find((key) => settings[key] !== undefined && settings[key] !== false);
  if (idle !== undefined) {
    throw new TidingsError("invalid_option", `${toFlag(idle)} needs keys, and there are none. ${HOW}.`, {
      field: idle,
    });
  }
}
