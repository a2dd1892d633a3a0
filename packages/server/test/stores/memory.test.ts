import { conform } from "./conform.ts";
import { memoryHarness } from "./memory-harness.ts";

conform("memory()", memoryHarness);
