import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** A `curl` that goes on listening. */
export interface CurlStream {
  /** Settles as soon as this has been printed. */
  until(text: string): Promise<void>;
  readonly printed: () => string;
  stop(): Promise<void>;
}

/** Runs `curl` to its end and gives what it printed. */
export async function curl(...args: readonly string[]): Promise<string> {
  return (await run("curl", ["--silent", "--show-error", ...args])).stdout;
}

/** Runs `curl -N`, ended with the test. */
export function curlStream(...args: readonly string[]): CurlStream {
  const child = spawn("curl", ["--silent", "--no-buffer", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let printed = "";
  let changed = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    changed();
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  onTestFinished(stop);
  return {
    printed: () => printed,
    until: (text) =>
      new Promise((resolve, reject) => {
        changed = () => {
          if (printed.includes(text)) resolve();
        };
        void closed.then(() => reject(new Error(`curl ended before "${text}":\n${printed}`)));
        changed();
      }),
    stop,
  };
}
