import type { Store } from "@tidings/client/store";
import { useInsertionEffect, useState, useSyncExternalStore } from "react";

/** The options are those of the last render. */
interface Kept<Options, Value> {
  readonly keys: readonly unknown[];
  options: Options;
  value: Value;
}

/**
 * What `create` gave when one of the keys was last another. Not `useMemo`, which React may forget, and with it what a reader
 * has read.
 *
 * @param create is given what reads the options of the last render: the same function for ever, so that what holds it never gets old
 */
export function useKept<Options, Value>(
  keys: readonly unknown[],
  options: Options,
  create: (read: () => Options) => Value,
): Value {
  const make = () => {
    const made = { keys, options } as Kept<Options, Value>;
    made.value = create(() => made.options);
    return made;
  };
  let [kept, keep] = useState(make);
  if (keys.some((key, index) => key !== kept.keys[index])) {
    kept = make();
    keep(kept);
  }
  // Before all other effects, so that none of them sees older ones.
  useInsertionEffect(() => {
    kept.options = options;
  });
  return kept.value;
}

/** The state of a store, as of the frame. */
export function useStore<State>({ subscribe, getSnapshot, getServerSnapshot }: Store<State>): State {
  return useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
}
