import type { JsonSchema } from "../config/kinds.ts";
import { VERSION } from "../version.ts";
import { PATHS } from "./paths.ts";
import { SCHEMAS } from "./schemas.ts";

/** The HTTP API of the hub as OpenAPI 3.1. What goes over a stream is told in PROTOCOL.md. */
export const OPEN_API: JsonSchema = {
  openapi: "3.1.0",
  info: {
    title: "Tidings",
    version: VERSION,
    summary: "A hub for Server-Sent Events",
    description: "Publish with POST, listen with EventSource. Every error is a problem document with a stable code.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/" }],
  // Without keys nobody needs a token; with them, some topics may be public.
  security: [{}, { token: [] }],
  paths: PATHS,
  components: {
    schemas: SCHEMAS,
    securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
  },
};
