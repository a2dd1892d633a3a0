import type { Browser, Page } from "playwright-core";
import { type HubConfig, type RunningHub, startHub } from "tidings";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { startBrowser } from "../../../../../tests/support/browsers.ts";
import { type Offences, openPage } from "./browser.ts";

/** A Chromium for a suite, and a hub for each of its tests. */
export interface PageSuite {
  /** The hub of the test that runs. */
  running: RunningHub;
  /** Called when the test is over, the last first. */
  readonly cleanups: (() => Promise<unknown>)[];
  /** Opens the hub's page; when the test is over it must have broken no rule. */
  open(hash?: string, options?: PageOptions): Promise<Page>;
}

export interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
}

/** To be called once, at the top of a suite. */
export function usePages(config: HubConfig = {}): PageSuite {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser("Chromium");
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    suite.cleanups.length = 0;
    suite.running = await startHub({ memory: true, port: 0, drain: 200, retry: 200, ...config });
  });
  afterEach(async () => {
    for (const clean of suite.cleanups.reverse()) await clean();
    await suite.running.close();
  });

  const suite: PageSuite = {
    running: undefined as unknown as RunningHub,
    cleanups: [],
    async open(hash = "", options = {}) {
      const { page, offences } = await openPage(browser, `${suite.running.url}/${hash}`, options);
      suite.cleanups.push(async () => {
        await page.context().close();
        expect(offences).toEqual({ errors: [], foreignRequests: [] } satisfies Offences);
      });
      return page;
    },
  };
  return suite;
}
