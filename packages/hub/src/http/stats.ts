import type { Hub } from "@tidings/server";
import { sse } from "@tidings/server/node";
import type { FastifyInstance } from "fastify";
import { stands } from "../auth/standing.ts";
import { KEPT_SECONDS, type StatsTicker } from "../stats/ticker.ts";
import { readInteger } from "./parameters.ts";

/** `/stats`: how the hub does, once as JSON, or each second as a stream; with `?last=`, also how it did. */
export function statsRoutes(app: FastifyInstance, hub: Hub, ticker: StatsTicker): void {
  app.get("/stats", { config: { access: "admin" } }, async (request, reply) => {
    const last = readInteger(request, "last", 1, KEPT_SECONDS);
    if (request.method !== "GET" || !/\btext\/event-stream\b/i.test(request.headers.accept ?? "")) {
      if (last === undefined) return ticker.now();
      return ticker.last(last).map((json): unknown => JSON.parse(json));
    }
    const { identity } = request;
    reply.hijack();
    sse(request.raw, reply.raw, async function* ({ signal }) {
      for await (const data of ticker.listen(signal, last)) {
        if (!stands(hub, identity)) return;
        yield { event: "stats", data };
      }
    });
  });
}
