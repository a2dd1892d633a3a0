import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/tidings.js", import.meta.url));

/** A `tidings` process. */
export interface Cli {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Settles with the exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
  /** Settles with the match as soon as the output so far has one. */
  waitFor(output: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray>;
}

/** The environment without settings of ours: those of the tests themselves are none of a hub's, which refuses what it does not know. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TIDINGS_")));
}

/** Runs `tidings` as its users do; killed if the test ends before it does. */
export function runCli(
  args: readonly string[],
  { env = {}, cwd, under = [] }: { env?: Record<string, string>; cwd?: string; under?: readonly string[] } = {},
): Cli {
  const [command, ...rest] = [...under, process.execPath, BIN, ...args] as [string, ...string[]];
  const child = spawn(command, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...ownEnvironment(), ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const output = { stdout: "", stderr: "" };
  const changed = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const check of changed) check();
    });
  }
  const exit = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? (signal as string)));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exit,
    waitFor: (name, pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output[name]);
          if (match === null) return;
          changed.delete(check);
          resolve(match);
        };
        changed.add(check);
        void exit.then((code) =>
          reject(new Error(`exit ${code} before ${pattern}:\n${output.stdout}\n${output.stderr}`)),
        );
        check();
      }),
  };
}

/** Runs `tidings serve` and settles with where it listens. */
export async function serve(
  args: readonly string[],
  options?: Parameters<typeof runCli>[1],
): Promise<Cli & { url: string; port: number }> {
  const cli = runCli(["serve", ...args], options);
  const [, url = "", port = ""] = await cli.waitFor("stdout", /listening on (http:\/\/\S+:(\d+)) /);
  return { ...cli, url, port: Number(port) };
}

/**
 * Runs `tidings serve` where `directory` is a disk of its own, of 8 MiB; the test finds it under `inside`. Needs Linux and user
 * namespaces.
 */
export async function serveAlone(
  directory: string,
  args: readonly string[],
): Promise<Awaited<ReturnType<typeof serve>> & { inside: string }> {
  const mount = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
  const hub = await serve(args, { under: ["unshare", "-Urm", "sh", "-c", mount, directory] });
  return { ...hub, inside: `/proc/${hub.process.pid}/root${directory}` };
}

/** A directory of the test's own, removed when it is over. */
export function testDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "tidings-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
