// How smooth a page stays: node benchmarks/react/bench.mjs [events a second] [seconds] [rounds]
import { chromium } from "playwright-core";
import { measurePage } from "./measure-page.mjs";

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
      measured.idle.push(await measurePage(browser, { name: "tidings", rate: 0, seconds, slowdown }));
      for (const name of ["tidings", "naive"])
        measured[name].push(await measurePage(browser, { name, rate, seconds, slowdown }));
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

/** The median, and from the lowest to the highest. */
function show(results, count) {
  const sorted = results.map((result) => Math.round(result[count])).sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}
