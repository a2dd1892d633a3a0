import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./sqlite-child.mjs", import.meta.url));

/** Another process with the store at `path`; `sqlite-child.mjs` says what each task does. */
export function startChild(task: string, path: string): ChildProcess {
  return spawn(process.execPath, [SCRIPT, task, path], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Runs a task to its end; with `alone`, in a mount namespace of its own, in which it may mount what it likes. */
export function runChild(task: string, path: string, alone = false): { code: number | null; out: string; err: string } {
  const node = [process.execPath, SCRIPT, task, path];
  const [command, ...args] = (alone ? ["unshare", "-Urm", ...node] : node) as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 30_000 });
  return { code: status, out: stdout.trim(), err: stderr };
}

/** Why no task can have mounts of its own here; nothing if it can. */
export function whyNoMounts(): string | undefined {
  const { status } = spawnSync("unshare", ["-Urm", "true"]);
  return status === 0 ? undefined : "needs Linux and user namespaces, for a disk that can be filled";
}

/** The first line that a child writes. */
export async function nextLine(child: ChildProcess): Promise<string> {
  for await (const line of lines(child)) return line;
  return "";
}

export function lines(child: ChildProcess): AsyncIterable<string> {
  return createInterface({ input: child.stdout as NodeJS.ReadableStream });
}

/** kill -9. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
