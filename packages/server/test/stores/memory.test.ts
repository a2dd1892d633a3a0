import type { StoreHarness } from "@tidings/server/testing";
import { memory } from "../../src/stores/memory.ts";
import { conform } from "./conform.ts";

const harness: StoreHarness = {
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

conform("memory()", harness);
