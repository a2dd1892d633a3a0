import type { RequestListener } from "node:http";
import type { ConnectRequest, Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../auth/identity.ts";
import { assertMay } from "../auth/rights.ts";
import { endOf } from "../auth/standing.ts";
import type { Meter } from "../metrics/meter.ts";
import type { AddressOf } from "./addresses.ts";
import { toTidingsError, writeProblem } from "./problems.ts";

/** What a stream is asked for by, beside what its request says. */
type Caller = Pick<ConnectRequest, "subject" | "address" | "authorize">;

/** `GET /events`: by the same rights as the routes, and with nothing kept for a stream but its caller. */
export function createStreams(
  hub: Hub,
  { hasKeys, identify }: Authenticator,
  addressOf: AddressOf,
  { refused }: Pick<Meter, "refused">,
): RequestListener {
  function openTo(caller: Caller): RequestListener {
    return nodeHandler({
      ...hub,
      async connect(request) {
        const admission = await hub.connect({ ...request, ...caller });
        if (admission.kind === "refusal" && admission.error !== undefined) refused(admission.error.code);
        return admission;
      },
    });
  }

  if (!hasKeys) return (request, response) => openTo(toPlace(addressOf(request)))(request, response);
  return async (request, response) => {
    try {
      const identity = await identify(request);
      const { url = "" } = request;
      assertMay(identity, "subscribe", new URLSearchParams(url.slice(url.indexOf("?") + 1)).getAll("topic"));
      openTo({ ...toCaller(identity), ...toPlace(addressOf(request)) })(request, response);
    } catch (thrown) {
      const error = toTidingsError(thrown, 0);
      if (error.status < 500) {
        refused(error.code);
        return writeProblem(response, error);
      }
      // The engine knows how to say it to an `EventSource`, which would give up for ever.
      openTo({ authorize: () => Promise.reject(error) })(request, response);
    }
  };
}

/** A function of its own, so that what it makes keeps the caller alive for the life of a stream, and not the request. */
function toCaller(identity: Identity): Caller {
  const { subject, hasToken } = identity;
  const expires = endOf(identity);
  // What is for anybody has been checked, and stays so: nothing guards such a stream, and it may be compressed.
  if (!hasToken) return {};
  return {
    ...(subject !== undefined && { subject }),
    authorize({ topics }) {
      assertMay(identity, "subscribe", topics);
      return expires === undefined ? true : { expires };
    },
  };
}

function toPlace(address: string | undefined): Caller {
  return address === undefined ? {} : { address };
}
