import { expect, test } from "vitest";
import { usePages } from "./support/page.ts";

const suite = usePages();

/** Events a second, in batches, as a busy publisher sends them. */
const RATE = 10_000;
const BATCH = 200;

test("10,000 events a second leave a tail fluid: frames are drawn, buttons answer, and it says that it shows a sample", {
  // Publisher, hub and browser share the cores with other suites: how fast a second's worth goes out is theirs to say.
  timeout: 90_000,
}, async () => {
  const { hub } = suite.running;
  const page = await suite.open("#/topics/flood");
  await page.locator(".tail .phase[data-phase=live]").waitFor();
  await page.evaluate(() => {
    const counted = window as unknown as { frames: number };
    counted.frames = 0;
    const count = (): void => {
      counted.frames++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const frames = () => page.evaluate(() => (window as unknown as { frames: number }).frames);

  let sent = 0;
  const begun = performance.now();
  const flood = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * RATE);
    for (; sent + BATCH <= due; sent += BATCH) {
      void hub.publishBatch(Array.from({ length: BATCH }, (_, n) => ({ topic: "flood", data: `{"n":${sent + n}}` })));
    }
  }, 10);
  suite.cleanups.push(async () => clearInterval(flood));

  await page.locator(".notice", { hasText: "a sample" }).waitFor();
  const at = performance.now();
  const before = await frames();
  await expect.poll(() => sent, { timeout: 40_000 }).toBeGreaterThan(4 * RATE);
  const drawn = ((await frames()) - before) / ((performance.now() - at) / 1000);
  // Nothing to boast of: a bound that holds where two suites share a core. Frozen is 0.
  expect(drawn).toBeGreaterThan(10);
  expect(await page.locator(".event").count()).toBeLessThan(60);

  await page.getByRole("button", { name: "Pause" }).click();
  const held = await page.locator(".event pre").first().innerText();
  await page.getByRole("button", { name: /waiting$/ }).waitFor();
  const later = sent + RATE;
  await expect.poll(() => sent, { timeout: 40_000 }).toBeGreaterThan(later);
  expect(await page.locator(".event pre").first().innerText()).toBe(held);
  clearInterval(flood);
  await hub.publish("flood", "last");
  await page.getByRole("button", { name: /waiting$/ }).click();
  await page.locator(".event", { hasText: "last" }).waitFor();
});
