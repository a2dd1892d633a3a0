import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "@tidings/server/sqlite";
import type { StoreHarness } from "@tidings/server/testing";
import { kill, nextLine, startChild } from "./children.ts";

/** The SQLite store for the conformance suite: each place is a directory, with one file and what SQLite puts beside it. */
export const sqliteHarness: StoreHarness = {
  async create(bounds) {
    const home = await mkdtemp(join(tmpdir(), "tidings-sqlite-"));
    const place = join(home, "place");
    const path = join(place, "log.db");
    await mkdir(place);
    return {
      store: () => sqlite(path, { bounds }),
      async wipe() {
        await rm(place, { recursive: true });
        await mkdir(place);
      },
      async copy() {
        const copy = await mkdtemp(join(home, "copy-"));
        await cp(place, copy, { recursive: true });
        return async () => {
          await rm(place, { recursive: true });
          await cp(copy, place, { recursive: true });
        };
      },
      async holdElsewhere() {
        const child = startChild("hold", path);
        await nextLine(child);
        return { kill: () => kill(child) };
      },
      dispose: () => rm(home, { recursive: true }),
    };
  },
  lacks: {},
};
