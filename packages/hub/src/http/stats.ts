import { sse } from "@tidings/server/node";
import type { FastifyInstance } from "fastify";
import type { StatsTicker } from "../stats/ticker.ts";

/** `/stats`: how the hub does, once as JSON, or each second as a stream. */
export function statsRoutes(app: FastifyInstance, ticker: StatsTicker): void {
  app.get("/stats", { config: { access: "admin" } }, async (request, reply) => {
    if (request.method !== "GET" || !/\btext\/event-stream\b/i.test(request.headers.accept ?? "")) return ticker.now();
    const { expires = Number.POSITIVE_INFINITY } = request.identity;
    reply.hijack();
    sse(request.raw, reply.raw, async function* ({ signal }) {
      for await (const data of ticker.listen(signal)) {
        if (Date.now() >= expires) return;
        yield { event: "stats", data };
      }
    });
  });
}
