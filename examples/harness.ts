import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { startBrowser } from "../tests/support/browsers.ts";

/** A server in a process of its own, as its reader starts it. */
export interface RunningExample {
  /** `http://127.0.0.1:<port>`, as the server printed it. */
  readonly url: string;
  readonly port: string;
  /** Ends the process and waits until it is gone. Settles with its exit code, or null if a signal ended it. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `examples/<folder>/server.mjs`. See {@link startScript}. */
export function startExample(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  return startScript(new URL(`${folder}/server.mjs`, import.meta.url), environment);
}

/**
 * Runs a script that serves HTTP, and waits until it prints where.
 *
 * @param environment `PORT` is a free one unless it is given
 * @throws Error with what the script printed, if it ends instead
 */
export async function startScript(
  script: URL,
  environment: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<RunningExample> {
  const server = spawn(process.execPath, [fileURLToPath(script)], {
    env: { ...process.env, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(folder !== undefined && { cwd: folder }),
  });
  const url = await readUrl(server);
  return {
    url,
    port: new URL(url).port,
    async stop(signal) {
      if (server.exitCode !== null || server.signalCode !== null) return server.exitCode;
      const exited = once(server, "exit");
      server.kill(signal);
      await exited;
      return server.exitCode;
    },
  };
}

/** Builds the page of `examples/<folder>`, as its `npm start` does. */
export async function buildPage(folder: string): Promise<void> {
  // The suites' own NODE_ENV would make it a page for development.
  const { NODE_ENV: _, ...env } = process.env;
  await promisify(execFile)("npm", ["run", "build"], { cwd: fileURLToPath(new URL(folder, import.meta.url)), env });
}

/** Starts Chromium without anything that calls home. */
export function startChromium(): Promise<Browser> {
  return startBrowser("Chromium");
}

async function readUrl(server: ChildProcess): Promise<string> {
  let printed = "";
  server.stderr?.on("data", (bytes) => {
    printed += bytes;
  });
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    printed += `${line}\n`;
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) {
      server.stdout?.resume();
      return url;
    }
  }
  throw new Error(`It ended before it listened:\n${printed}`);
}
