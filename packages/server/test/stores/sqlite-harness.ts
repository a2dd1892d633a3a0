import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Store } from "@tidings/server";
import type { LogBounds, StoreHarness } from "@tidings/server/testing";

const CHILD = fileURLToPath(new URL("./sqlite-child.mjs", import.meta.url));

/** The conformance harness of the SQLite store: each place is a directory with one file and what SQLite puts beside it. */
export function sqliteHarness(sqlite: (path: string, options: { bounds: Partial<LogBounds> }) => Store): StoreHarness {
  return {
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
}

/** Another process with the store at `path`; see `sqlite-child.mjs` for what it can do. */
export function startChild(task: string, path: string, ...more: string[]): ChildProcess {
  return spawn(process.execPath, [CHILD, task, path, ...more], { stdio: ["ignore", "pipe", "inherit"] });
}

/** The first line a child writes. */
export async function nextLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n", 1)[0] as string;
}

/** kill -9, and everything it wrote before. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
