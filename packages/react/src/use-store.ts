import type { Store } from "@tidings/client/store";
import { useSyncExternalStore } from "react";

/** The state of a store, as of the frame. */
export function useStore<State>({ subscribe, getSnapshot, getServerSnapshot }: Store<State>): State {
  return useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
}
