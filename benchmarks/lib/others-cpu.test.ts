import { spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { startOthersCpu } from "./others-cpu.mjs";

const BURN = `const end = Date.now() + 10_000; while (Date.now() < end);`;

test("a process that is not a descendant counts", async () => {
  // Its parent ends at once, so that it is nobody's here.
  const { stdout } = spawnSync("sh", ["-c", `"${process.execPath}" -e '${BURN}' >/dev/null 2>&1 & echo $!`]);
  try {
    const othersCpu = startOthersCpu();
    await wait(1_000);
    expect(othersCpu()).toBeGreaterThan(0.3);
  } finally {
    process.kill(Number(stdout));
  }
});
