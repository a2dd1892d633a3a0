import { useState } from "react";

/**
 * What `create` gave when one of the keys was last another. Not `useMemo`, which React may forget, and with it what a reader
 * has read.
 */
export function useKept<Value>(keys: readonly unknown[], create: () => Value): Value {
  const [kept, keep] = useState(() => ({ keys, value: create() }));
  if (keys.every((key, index) => Object.is(key, kept.keys[index]))) return kept.value;
  const value = create();
  keep({ keys, value });
  return value;
}
