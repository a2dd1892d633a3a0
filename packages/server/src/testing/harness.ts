import type { Store } from "../ports/store.ts";
import type { LogBounds } from "../stores/shared/bounds.ts";

/** What not every store can do, and some cases need. */
export type Capability =
  /** `StorePlace.copy`: what is stored can be copied, and put back later. */
  | "copies"
  /** `StorePlace.holdElsewhere`: another process can open the same place. */
  | "processes";

/** Where a store keeps its log: a file, a database, an object in memory. */
export interface StorePlace {
  /** A store on this place, not yet open. Each call stands for another opener, which waits for those before it. */
  store(): Store;
  /** Destroys all that is stored. No store is open then. */
  wipe(): Promise<void>;
  /** Copies all that is stored, and gives what puts the copy back in its place. No store is open in either case. */
  copy?(): Promise<() => Promise<void>>;
  /** Opens the place in another process, and gives what kills that process so that it can do nothing more. */
  holdElsewhere?(): Promise<{ kill(): Promise<void> }>;
  /** Called at the end, when no store is open any more. */
  dispose(): Promise<void>;
}

/** What {@link storeConformance} needs of a store to try it. */
export interface StoreHarness {
  /** A fresh, empty place whose stores remember no more than `bounds` says. */
  create(bounds: Partial<LogBounds>): Promise<StorePlace>;
  /** Why this store has no part in cases that need a capability. */
  readonly lacks: { readonly [Need in Capability]?: string };
}
