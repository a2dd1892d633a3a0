import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** What a page did that it must not, whatever a test is about. */
export interface Offences {
  readonly errors: string[];
  readonly foreignRequests: string[];
}

/** Opens `url` in a context of its own, which `page.context().close()` ends, and watches what the page does. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; offences: Offences }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  // Sooner than the test itself, so that a failure names the step.
  page.setDefaultTimeout(8_000);
  const offences: Offences = { errors: [], foreignRequests: [] };
  page.on("pageerror", (error) => offences.errors.push(error.message));
  page.on("console", (message) => {
    // A request that failed is for the test to judge; a hub that is away is part of some.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      offences.errors.push(message.text());
  });
  // The page itself must load; without it every later step would only time out.
  page.on("response", (response) => {
    const type = response.request().resourceType();
    if (response.status() >= 400 && ["document", "script", "stylesheet", "image"].includes(type))
      offences.errors.push(`${response.status()} for ${response.url()}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) offences.foreignRequests.push(request.url());
  });
  await page.goto(url);
  return { page, offences };
}
