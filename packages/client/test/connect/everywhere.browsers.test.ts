import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { BROWSERS_OF_LONG_SUITES, startBrowser } from "../../../../tests/support/browsers.ts";
import { bundleClient, servePages } from "./support/browser.ts";
import { describeCases, type RunThere, run } from "./support/everywhere.ts";

describe.each(BROWSERS_OF_LONG_SUITES)("%s", (name) => {
  let browser: Browser;
  let client: string;
  beforeAll(async () => {
    [browser, client] = await Promise.all([startBrowser(name), bundleClient()]);
  });
  afterAll(() => browser.close());

  const openPage = async (): Promise<Page> => {
    const origin = await servePages(client);
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(origin);
    return page;
  };

  const inPage: RunThere = async (url, options) => {
    const page = await openPage();
    return page.evaluate(`(${run})(tidings, ${JSON.stringify([url, options])})`);
  };

  const inWorker: RunThere = async (url, options) => {
    const page = await openPage();
    const code = `importScripts(base + "client.js"); (${run})(tidings, ${JSON.stringify([url, options])}).then(postMessage)`;
    return page.evaluate(`new Promise((resolve, reject) => {
      const code = "const base = " + JSON.stringify(location.href) + ";" + ${JSON.stringify(code)};
      const worker = new Worker(URL.createObjectURL(new Blob([code])));
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    })`);
  };

  describe("a page", () => describeCases(inPage, { name, isElsewhere: true }));
  describe("a worker", () => describeCases(inWorker, { name, isElsewhere: true }));
});
