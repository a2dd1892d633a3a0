// How smooth a page stays: node benchmarks/react/bench.mjs [events a second] [seconds] [rounds]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [rate = 10_000, seconds = 5, rounds = 3] = process.argv.slice(2).map(Number);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
console.log(`${rate} events a second for ${seconds} s, ${rounds} rounds; Chromium ${browser.version()}\n`);
console.log("| processor | page | frames/s | frames over 50 ms | renders/s | events/s shown |");
console.log("|---|---|--:|--:|--:|--:|");
try {
  for (const slowdown of [1, 4]) {
    const measured = { idle: [], tidings: [], naive: [] };
    for (let round = 0; round < rounds; round++) {
      measured.idle.push(await measure("tidings", 0, slowdown));
      for (const name of ["tidings", "naive"]) measured[name].push(await measure(name, rate, slowdown));
    }
    const processor = slowdown === 1 ? "as it is" : `slowed down ${slowdown} times`;
    for (const [name, results] of Object.entries(measured)) {
      const cells = ["frames", "long", "renders", "events"].map((count) => show(results, count));
      console.log(`| ${[processor, name, ...cells].join(" | ")} |`);
    }
  }
} finally {
  await browser.close();
}

/** One page, in a context of its own, with a server of its own. */
async function measure(name, rate, slowdown) {
  const server = spawn(process.execPath, [fileURLToPath(new URL("server.mjs", import.meta.url)), String(rate)], {
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
    // In the page, so that a busy page does not stretch the time.
    return await page.evaluate(async (seconds) => {
      const settle = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      await settle(1_000);
      const before = { ...window.counts };
      const since = performance.now();
      await settle(seconds * 1_000);
      const elapsed = (performance.now() - since) / 1_000;
      const per = (count) => (window.counts[count] - before[count]) / elapsed;
      return {
        frames: per("frames"),
        long: window.counts.long - before.long,
        renders: per("renders"),
        events: per("events"),
      };
    }, seconds);
  } finally {
    await context.close();
    server.kill();
    await once(server, "exit");
  }
}

/** The median, and from the lowest to the highest. */
function show(results, count) {
  const sorted = results.map((result) => Math.round(result[count])).sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}
