import { conform } from "./conform.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

conform("sqlite()", sqliteHarness);
