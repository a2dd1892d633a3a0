import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// Exposed here and not by a flag of the process, because a test does not choose how its runner was started.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use by JavaScript and by buffers outside of its heap, after what is garbage has been collected. */
export async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    // What a collection frees in C++ is freed, and reported, in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
