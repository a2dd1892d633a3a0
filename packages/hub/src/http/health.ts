import { type Hub, TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";
import { VERSION } from "../version.ts";

/**
 * `/healthz`: the process is alive, and nothing that a restart would mend is wrong with it. `/readyz`: it can take publications, or
 * what keeps it from them, such as a full disk, which no restart would mend.
 */
export function healthRoutes(app: FastifyInstance, hub: Hub, findLoss: () => TidingsError | undefined): void {
  const start = performance.now();
  app.get("/healthz", { config: { access: "anyone" } }, async () => {
    const loss = findLoss();
    if (loss !== undefined) throw loss;
    const { connections, publications, store } = hub.status();
    return {
      status: "ok",
      version: VERSION,
      uptime: Math.floor((performance.now() - start) / 1000),
      connections,
      publications,
      store,
    };
  });

  app.get("/readyz", { config: { access: "anyone" } }, async () => {
    assertOpen(hub);
    await hub.check();
    return { status: "ready" };
  });
}

/**
 * Throws unless the store is open. The engine would wait for it; over HTTP it is better to say so.
 *
 * @throws TidingsError `hub_not_ready`, `hub_closed`, or what the store failed with
 */
export function assertOpen(hub: Hub): void {
  const { state, error } = hub.status();
  switch (state) {
    case "opening":
      throw new TidingsError(
        "hub_not_ready",
        "The history is not open yet: most likely another hub still has the same file. It is waited for; try again soon.",
      );
    case "failed":
      throw new TidingsError(error?.code ?? "store_failed", error?.message ?? "The store failed; the log says how.");
    case "closing":
    case "closed":
      throw new TidingsError("hub_closed", "The hub is closing. Try again when it has been started anew.");
    case "open":
  }
}
