import type { Hub } from "@tidings/server";
import type { Identity } from "./identity.ts";
import type { Identify } from "./route-access.ts";
import { LEEWAY } from "./verify.ts";

/** When a caller's token ends for this hub, in milliseconds since 1970, leeway included; undefined if it never does. */
export function endOf({ expires }: Identity): number | undefined {
  return expires === undefined ? undefined : expires + LEEWAY * 1000;
}

/** Whether what was found out about a caller holds: for streams that are not the engine's. */
export function stands(hub: Pick<Hub, "isBarred">, identity: Identity): boolean {
  const { subject } = identity;
  const isBarred = subject !== undefined && hub.isBarred(subject);
  return !isBarred && Date.now() < (endOf(identity) ?? Number.POSITIVE_INFINITY);
}

/** Lets pass whoever the hub has not kicked out. @throws TidingsError `subject_barred` */
export function assertNotKicked(hub: Pick<Hub, "assertNotBarred">, identity: Identity): void {
  const { subject } = identity;
  const expires = endOf(identity);
  hub.assertNotBarred({ ...(subject !== undefined && { subject }), ...(expires !== undefined && { expires }) });
}

/** Finds out who calls, and lets nobody in whom the hub has kicked out, on whatever route. @throws TidingsError `subject_barred` */
export function keepOut(hub: Pick<Hub, "assertNotBarred">, identify: Identify): Identify {
  return async (request) => {
    const identity = await identify(request);
    assertNotKicked(hub, identity);
    return identity;
  };
}
