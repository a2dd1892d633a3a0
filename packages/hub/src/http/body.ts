import { isUtf8 } from "node:buffer";
import { TidingsError } from "@tidings/server";
import type { FastifyInstance, FastifyRequest } from "fastify";

const EMPTY = Buffer.alloc(0);

/**
 * Takes every body as bytes, whatever its type: what is published goes out as it came, and `curl -d` calls anything a
 * form.
 */
export function readBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

/**
 * The body as text, byte order mark included.
 *
 * @throws TidingsError `invalid_utf8`
 */
export function readUtf8(request: FastifyRequest): string {
  const body =
    request.body instanceof Uint8Array
      ? Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength)
      : EMPTY;
  if (isUtf8(body)) return body.toString("utf8");
  throw new TidingsError(
    "invalid_utf8",
    "The body is not UTF-8, the one encoding of text/event-stream. Send text as UTF-8 and uncompressed, bytes as base64.",
    { field: "data" },
  );
}

/** Whether a `Content-Type` promises JSON: `application/json`, or a type that ends in `+json` (RFC 6839 §3.1). */
export function isJsonType(contentType: string | undefined): boolean {
  return /^\s*(?:application\/json|[^\s;/]+\/[^\s;]+\+json)\s*(?:;|$)/i.test(contentType ?? "");
}
