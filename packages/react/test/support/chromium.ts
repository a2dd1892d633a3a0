import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { startChromium } from "../../../../examples/harness.ts";
import type { Scenario } from "../pages/scenarios.tsx";
import type { TestServer } from "./server.ts";

export { startChromium };

/** A page with one scenario in it. */
export interface ScenarioPage {
  readonly page: Page;
  /** What went wrong in the page: uncaught errors, and what React complains of. */
  readonly problems: string[];
  /** The text of an element, by its id. */
  text(id: string): Promise<string>;
  /** Waits for that text. */
  until(id: string, text: string | RegExp): Promise<void>;
  /** Presses a button, by its id. */
  press(id: string): Promise<void>;
  /** Numbers that the page counts. */
  count(name: string): Promise<number>;
}

/** Opens a page and renders a scenario. */
export async function openScenario(
  browser: Browser | BrowserContext,
  server: TestServer,
  scenario: Scenario,
): Promise<ScenarioPage> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  await page.goto(`${server.url}/#${scenario}`);
  const text = async (id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? "";
  return {
    page,
    problems,
    text,
    async until(id, wanted) {
      if (typeof wanted === "string") await expect.poll(() => text(id)).toBe(wanted);
      else await expect.poll(() => text(id)).toMatch(wanted);
    },
    press: (id) => page.locator(`#${id}`).click(),
    count: (name) => page.evaluate((name) => window.counts[name] ?? 0, name),
  };
}
