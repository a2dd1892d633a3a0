import { sqlite } from "@tidings/server/sqlite";
import { conform } from "./conform.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

conform("sqlite()", sqliteHarness(sqlite));
