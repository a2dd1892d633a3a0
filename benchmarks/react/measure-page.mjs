import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startOthersCpu } from "../lib/others-cpu.mjs";

/**
 * One page, in a context of its own, with a server of its own: frames, renders and events a second, frames over 50 ms, and gaps;
 * and how many processors others on the machine kept busy meanwhile.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {{ name: string, rate: number, source?: "hub" | "blocks", seconds: number, warmUp?: number, slowdown?: number }} options seconds; what is compiled is only after some
 */
export async function measurePage(browser, { name, rate, source = "hub", seconds, warmUp = 1, slowdown = 1 }) {
  const script = fileURLToPath(new URL("server.mjs", import.meta.url));
  const server = spawn(process.execPath, [script, String(rate), source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const context = await browser.newContext();
  try {
    const [line] = await once(server.stdout, "data");
    const page = await context.newPage();
    await page.goto(`${String(line).trim()}/#${name}`);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    if (rate > 0) await page.waitForFunction(() => window.counts.events > 0);
    await setTimeout(warmUp * 1_000);
    const othersCpu = startOthersCpu();
    // In the page, so that a busy page does not stretch the time.
    const counted = await page.evaluate(async (seconds) => {
      const before = { ...window.counts };
      const since = performance.now();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      const elapsed = (performance.now() - since) / 1_000;
      const per = (count) => (window.counts[count] - before[count]) / elapsed;
      return {
        frames: per("frames"),
        long: window.counts.long - before.long,
        gaps: window.counts.gaps - before.gaps,
        renders: per("renders"),
        events: per("events"),
      };
    }, seconds);
    return { ...counted, others: othersCpu() };
  } finally {
    await context.close();
    server.kill();
    await once(server, "exit");
  }
}
