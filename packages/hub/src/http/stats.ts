import type { Hub } from "@tidings/server";
import { sse } from "@tidings/server/node";
import type { FastifyInstance } from "fastify";
import { stands } from "../auth/standing.ts";
import type { StatsTicker } from "../stats/ticker.ts";

/** `/stats`: how the hub does, once as JSON, or each second as a stream. */
export function statsRoutes(app: FastifyInstance, hub: Hub, ticker: StatsTicker): void {
  app.get("/stats", { config: { access: "admin" } }, async (request, reply) => {
    if (request.method !== "GET" || !/\btext\/event-stream\b/i.test(request.headers.accept ?? "")) return ticker.now();
    const { identity } = request;
    reply.hijack();
    sse(request.raw, reply.raw, async function* ({ signal }) {
      for await (const data of ticker.listen(signal)) {
        if (!stands(hub, identity)) return;
        yield { event: "stats", data };
      }
    });
  });
}
