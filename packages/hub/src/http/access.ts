import { TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import { grantsNothing, TOKEN_KINDS, type TokenRequest } from "../auth/mint.ts";
import { isRecord, type Kind } from "../config/kinds.ts";
import { readUtf8 } from "./body.ts";

const SHAPE =
  '{"subscribe"?, "publish"?, "presence"?: [patterns], "metrics"?, "admin"?: true, "subject"?: "ada", "expires": "10m"}';

/** `/access`: what a caller may do. `/tokens`: a token for somebody else. */
export function accessRoutes(app: FastifyInstance, { hasKeys, mint }: Authenticator): void {
  app.get("/access", { config: { access: "caller" } }, async ({ identity }) => {
    const { subject, expires, subscribe, publish, presence, metrics, admin } = identity;
    return { keys: hasKeys, subject, expires, subscribe, publish, presence, metrics, admin, mints: mint !== undefined };
  });

  app.post("/tokens", { config: { access: "admin" } }, async (request, reply) => {
    const { expires: lifetime, ...wish } = readWish(readUtf8(request));
    if (mint === undefined) {
      throw new TidingsError(
        "no_signing_key",
        "The hub has no secret to sign tokens with. Mint them where the private key is: tidings token --jwt-private-key.",
      );
    }
    // Whoever holds a token for an hour should not make one for a year out of it.
    const expires = Math.min(Date.now() + lifetime, request.identity.expires ?? Number.POSITIVE_INFINITY);
    const token = await mint({ ...wish, expires });
    reply.code(201);
    return { token, expires: Math.floor(expires / 1000) * 1000 };
  });
}

/** @throws TidingsError `invalid_json`, `invalid_parameter` */
function readWish(body: string): TokenRequest & { readonly expires: number } {
  const wish: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parse(body))) {
    const kind: Kind<unknown> | undefined = Object.hasOwn(TOKEN_KINDS, name)
      ? TOKEN_KINDS[name as keyof typeof TOKEN_KINDS]
      : undefined;
    if (kind === undefined) throw refuse(name, `"${name}" is no part of a token; send ${SHAPE}.`);
    wish[name] = kind.parse(value);
    if (wish[name] === undefined) throw refuse(name, `"${name}" must be ${kind.allowed}.`);
  }
  const { expires, ...token } = wish as TokenRequest;
  if (expires === undefined) throw refuse("expires", `Say with "expires" when the token does; send ${SHAPE}.`);
  if (grantsNothing(token)) throw refuse("subscribe", `A token without any right is good for nothing; send ${SHAPE}.`);
  return { ...token, expires };
}

function parse(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new TidingsError("invalid_json", `The body is no JSON: ${(cause as Error).message}. Send ${SHAPE}.`, {
      cause,
    });
  }
  if (isRecord(value)) return value;
  throw new TidingsError("invalid_json", `The body is no JSON object. Send ${SHAPE}.`);
}

function refuse(field: string, sentence: string): TidingsError {
  return new TidingsError("invalid_parameter", sentence, { field });
}
