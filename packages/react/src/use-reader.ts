import { useInsertionEffect, useRef, useState } from "react";

/** A function that gives what was last rendered: the same function for ever, so that what holds it never gets old. */
export function useReader<Value>(value: Value): () => Value {
  const latest = useRef(value);
  // Before all other effects, so that none of them sees an older one.
  useInsertionEffect(() => {
    latest.current = value;
  });
  const [read] = useState(() => () => latest.current);
  return read;
}
