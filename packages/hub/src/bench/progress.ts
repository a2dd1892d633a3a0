import type { OnProgress } from "./run.ts";

const WIDTH = 30;

/**
 * Shows how far a measurement is: on a terminal as one line with a bar, elsewhere as a line for each phase and each tenth of it.
 *
 * @returns what is told of the progress, and what ends the line
 */
export function createProgress(stderr: NodeJS.WriteStream): { onProgress: OnProgress; end: () => void } {
  let last = "";
  return {
    onProgress(phase, done, all) {
      const share = all === 0 ? 1 : Math.min(1, done / all);
      const filled = Math.floor(share * WIDTH);
      const line = stderr.isTTY
        ? `${phase.padEnd(10)} [${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %`
        : `${phase} ${Math.floor(share * 10) * 10} %`;
      if (line === last) return;
      last = line;
      // The line is written over, and cleared to its end (ECMA-48, EL).
      stderr.write(stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end() {
      if (stderr.isTTY && last !== "") stderr.write("\r\u001b[K");
    },
  };
}
