import type { RequestListener } from "node:http";
import type { Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import type { Authenticator } from "../auth/authenticator.ts";
import { assertMay } from "../auth/rights.ts";
import type { Meter } from "../metrics/meter.ts";
import { toTidingsError, writeProblem } from "./problems.ts";

/** `GET /events`: by the same rights as the routes, and with nothing kept for a stream but its caller. */
export function createStreams(
  engine: Hub,
  { hasKeys, identify }: Authenticator,
  { refused }: Pick<Meter, "refused">,
): RequestListener {
  const hub: Hub = {
    ...engine,
    async connect(request) {
      const admission = await engine.connect(request);
      if (admission.kind === "refusal" && admission.error !== undefined) refused(admission.error.code);
      return admission;
    },
  };
  if (!hasKeys) return nodeHandler(hub);
  return async (request, response) => {
    try {
      const identity = await identify(request);
      const { url = "" } = request;
      assertMay(identity, "subscribe", new URLSearchParams(url.slice(url.indexOf("?") + 1)).getAll("topic"));
      const { subject } = identity;
      nodeHandler(hub, {
        subject: () => subject,
        authorize: (_request, topics) => {
          assertMay(identity, "subscribe", topics);
          return true;
        },
      })(request, response);
    } catch (thrown) {
      const error = toTidingsError(thrown, 0);
      if (error.status < 500) {
        refused(error.code);
        return writeProblem(response, error);
      }
      // The engine knows how to say it to an `EventSource`, which would give up for ever.
      nodeHandler(hub, { authorize: () => Promise.reject(error) })(request, response);
    }
  };
}
