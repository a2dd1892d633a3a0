import { type Hub, TidingsError } from "@tidings/server";
import type { Identity } from "./identity.ts";
import type { Identify } from "./route-access.ts";
import { LEEWAY } from "./verify.ts";

/** What is needed to know whom the hub has kicked out. */
type Bars = Pick<Hub, "isBarred">;

/** When a caller's token ends for this hub, in milliseconds since 1970, leeway included; undefined if it never does. */
export function endOf({ expires }: Identity): number | undefined {
  return expires === undefined ? undefined : expires + LEEWAY * 1000;
}

/** Whether what was found out about a caller holds: for streams that are not the engine's. */
export function stands(hub: Bars, identity: Identity): boolean {
  const { subject } = identity;
  const isBarred = subject !== undefined && hub.isBarred(subject);
  return !isBarred && Date.now() < (endOf(identity) ?? Number.POSITIVE_INFINITY);
}

/** Finds out who calls, and lets nobody in whom the hub has kicked out, on whatever route. @throws TidingsError `subject_barred` */
export function keepOut(hub: Bars, identify: Identify): Identify {
  return async (request) => {
    const identity = await identify(request);
    const { subject } = identity;
    if (subject === undefined || !hub.isBarred(subject)) return identity;
    throw new TidingsError("subject_barred", `"${subject}" was disconnected, and is kept out for a while.`);
  };
}
