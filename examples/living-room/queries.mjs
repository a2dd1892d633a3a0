import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { TidingsError } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { Router } from "express";

/**
 * `POST /` starts a long query; `GET /<id>` streams its progress, from wherever the reader is, and ends with it.
 *
 * @param {import("@tidings/server").Hub} hub
 * @param {{ step: number, signal: AbortSignal }} options `step`: milliseconds that five per cent take
 */
export function queries(hub, { step, signal }) {
  const router = Router();

  // #region query
  router.post("/", async (_request, response) => {
    const id = randomUUID();
    await hub.publish(`queries/${id}`, { percent: 0 });
    hub.pipe(`queries/${id}`, runQuery(step, signal), { end: true, signal }).catch((error) => {
      if (!signal.aborted) console.error(error);
    });
    response.status(202).json({ id });
  });

  router.get("/:id", expressHandler(hub, { topics: async ({ params }) => [await findTopic(hub, params.id)] }));
  // #endregion query

  return router;
}

/**
 * Stands for work that takes long and knows how far it is.
 *
 * @param {number} step
 * @param {AbortSignal} signal
 */
async function* runQuery(step, signal) {
  for (let percent = 5; percent <= 100; percent += 5) {
    await setTimeout(step, undefined, { signal });
    yield { percent };
  }
}

/**
 * @param {import("@tidings/server").Hub} hub
 * @param {unknown} id
 */
async function findTopic(hub, id) {
  const topic = `queries/${id}`;
  const { events } = await hub.history(topic, { limit: 1 });
  if (events.length === 0) throw new TidingsError("not_found", `There is no query ${id}; POST /queries starts one.`);
  return topic;
}
