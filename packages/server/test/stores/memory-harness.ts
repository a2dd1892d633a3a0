import type { StoreHarness } from "@tidings/server/testing";
import { memory } from "../../src/stores/memory.ts";

/** The memory store for the conformance suite: another opener has the same object, since nothing else has its log. */
export const memoryHarness: StoreHarness = {
  async create(bounds) {
    let store = memory({ bounds });
    return {
      store: () => store,
      async wipe() {
        store = memory({ bounds });
      },
      async dispose() {},
    };
  },
  lacks: {
    copies: "memory cannot be copied and put back",
    processes: "memory is in one process",
  },
};
