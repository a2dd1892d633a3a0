import type { FastifyInstance } from "fastify";
import { OPEN_API } from "../openapi/document.ts";

/** `/openapi.json`: what there is to call. */
export function openApiRoutes(app: FastifyInstance): void {
  app.get("/openapi.json", { config: { access: "anyone" } }, async () => OPEN_API);
}
