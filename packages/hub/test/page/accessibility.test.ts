import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { listen } from "../support/stream.ts";
import { grant, SECRET } from "../support/tokens.ts";
import { usePages } from "./support/page.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const suite = usePages({ jwtSecret: [SECRET] });

/** Both themes; a narrow screen has the same colours in another order. */
const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 360],
] as const;

describe("axe finds nothing serious", () => {
  // Some twenty looks at a whole page, each a second of work on a busy machine.
  test.each(LOOKS)("on any screen, %s, %i pixels wide", { timeout: 120_000 }, async (colorScheme, width) => {
    const { hub, url } = suite.running;
    const token = await grant({ admin: true }, { sub: "grace" });
    const page = await suite.open("", { colorScheme, viewport: { width, height: 800 } });
    await page.getByRole("heading", { name: "Sign in to Tidings" }).waitFor();
    expect(await look(page), "sign-in").toEqual([]);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Ready for the first event" }).waitFor();
    expect(await look(page), "overview of a fresh hub").toEqual([]);

    for (let n = 0; n < 30; n++)
      await hub.publish(`orders/${n}`, { n, text: "x", yes: true, none: null }, { event: "placed" });
    await hub.publish("jobs/1", "done", { end: true });
    const reader = await listen(`${url}/events?topic=orders/**`, { authorization: `Bearer ${token}` });
    suite.cleanups.push(async () => reader.close());

    for (const [hash, ready] of [
      ["#/", ".chart canvas"],
      ["#/topics", ".topic-row"],
      ["#/topics/**", ".event"],
      ["#/topics/orders%2F1/history", ".event"],
      ["#/topics/jobs%2F1", ".tail[data-phase=ended] .event"],
      ["#/topics/nothing", ".empty"],
      ["#/connections", ".connection-row"],
      ["#/connections?search=nobody", ".empty"],
      ["#/inspector", ".empty"],
      ["#/try", ".recipe-token"],
      ["#/nowhere", ".empty"],
    ] as const) {
      await page.goto(`${url}/${hash}`);
      await page.locator(ready).first().waitFor();
      expect(await look(page), hash).toEqual([]);
    }

    await page.goto(`${url}/#/inspector?topic=orders/1`);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator(".raw-line[data-kind=data]").first().waitFor();
    expect(await look(page), "an open stream").toEqual([]);
    await page.goto(`${url}/#/connections`);
    await page.getByRole("button", { name: /^Kick/ }).first().click();
    expect(await look(page), "a question").toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    expect(await look(page), "the list of keys").toEqual([]);
  });
});

/** What axe puts into the page. */
interface Axe {
  run(options: { resultTypes: string[] }): Promise<AxeResults>;
}

/** What is serious or critical, each with the elements it is about. */
async function look(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: Axe }).axe.run({ resultTypes: ["violations"] }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`,
    );
}
