import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type BrowserName, startBrowser } from "../../../../../tests/support/browsers.ts";
import type { Harness, Job } from "./harness.ts";
import type { ResourceServer } from "./server.ts";
import type { Place } from "./tools.ts";

/** A browser whose pages, workers and frames run subtests. */
export interface BrowserRunner {
  /** Runs jobs, several at once. Settles with what is wrong, in order; null where nothing is. */
  run(use: Place["use"], jobs: readonly Job[], options?: { readonly alone?: boolean }): Promise<(string | null)[]>;
  close(): Promise<void>;
}

/** The public suite's host, and one of the same site and of another origin. */
const [HOST, OTHER] = ["web-platform.test", "xn--lve-6lad.web-platform.test"];

/** Bundles what the pages run, serves it, and starts a browser. */
export async function startBrowserRunner(name: BrowserName, server: ResourceServer): Promise<BrowserRunner> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("harness.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    platform: "browser",
  });
  const bundle = outputFiles[0]?.text ?? "";
  const page = `<!doctype html><meta charset="utf-8"><title>EventSource</title><body><script src="/harness"></script>`;
  server.serve("/harness", "text/javascript", bundle);
  for (const folder of ["/eventsource", "/eventsource/dedicated-worker", "/eventsource/shared-worker"]) {
    server.serve(`${folder}/worker`, "text/javascript", bundle);
  }
  server.serve(
    "/eventsource/dedicated-worker/closed",
    "text/javascript",
    `${bundle};self.close(); postMessage(new EventSource("../resources/message").readyState);`,
  );
  for (const path of ["/eventsource/page", "/eventsource/resources/page"]) server.serve(path, "text/html", page);

  const origin = `http://${HOST}:${server.port}`;
  const browser = await startBrowser(name, {
    isWhole: true,
    // The hosts are here, and the page may have a service worker; the headless shell has no flag for that.
    flags: ["--host-resolver-rules=MAP *.test 127.0.0.1", `--unsafely-treat-insecure-origin-as-secure=${origin}`],
    preferences: { "network.dns.localDomains": `${HOST},${OTHER}`, "dom.securecontext.allowlist": HOST },
  });

  const open = async (use: Place["use"]): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${origin}/eventsource/page?use=${use}`);
    return page;
  };
  const runIn = async (page: Page, jobs: readonly Job[]): Promise<(string | null)[]> => {
    try {
      return await page.evaluate(
        (jobs) => (globalThis as unknown as { harness: Harness }).harness.run(jobs),
        jobs as Job[],
      );
    } finally {
      await page.context().close();
    }
  };
  return {
    async run(use, jobs, { alone = false } = {}) {
      if (!alone) return runIn(await open(use), jobs);
      const results: (string | null)[] = [];
      for (const job of jobs) results.push(...(await runIn(await open(use), [job])));
      return results;
    },
    close: () => browser.close(),
  };
}
