import { afterAll, beforeAll, describe } from "vitest";
import { BROWSERS } from "../../../../tests/support/browsers.ts";
import { type BrowserRunner, startBrowserRunner } from "./support/browser.ts";
import { describeColumns, IN_A_BROWSER } from "./support/columns.ts";
import { type ResourceServer, startResourceServer } from "./support/server.ts";

// Most of its time is spent waiting, so that the browsers run at once.
describe.concurrent.each(BROWSERS)("%s", (name) => {
  let server: ResourceServer;
  let browser: BrowserRunner;

  beforeAll(async () => {
    server = await startResourceServer();
    browser = await startBrowserRunner(name, server);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  describeColumns(name, IN_A_BROWSER, (cells, use, options) =>
    browser.run(
      use,
      cells.map(({ suite, index, scope }) => ({ suite, index, scope })),
      options,
    ),
  );
});
