import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { processRegistry } from "../metrics/process.ts";

/** `/metrics`: for Prometheus. */
export function metricsRoutes(app: FastifyInstance, registry: Registry): void {
  app.get("/metrics", { config: { access: "metrics" } }, async (_request, reply) => {
    const texts = await Promise.all([registry.metrics(), processRegistry().metrics()]);
    return reply.type(registry.contentType).send(texts.join("\n"));
  });
}
