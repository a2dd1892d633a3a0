import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";

/** What a page noted of an event. */
export interface Noted {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

/** A browser's own `EventSource`, in a page of its own. */
export interface BrowserEventSource {
  readonly page: Page;
  /** Every event so far, `open` and `error` included. */
  noted(): Promise<Noted[]>;
  /** The data of the events named `message` so far. */
  messages(): Promise<string[]>;
  readyState(): Promise<number>;
  /** Settles when there are so many events of a type. */
  until(type: string, count?: number): Promise<void>;
}

const TYPES = ["open", "error", "message", "tidings:open", "tidings:live", "tidings:gap", "tidings:end", "tidings:bye"];

/** Opens a page of the hub's origin and listens from there, with nothing but what the browser has. */
export async function openEventSource(browser: Browser, origin: string, path: string): Promise<BrowserEventSource> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(`${origin}/healthz`);
  await page.evaluate(
    ({ path, types }) => {
      const noted: Noted[] = [];
      const source = new EventSource(path);
      for (const type of types) {
        source.addEventListener(type, (event) => {
          const { lastEventId = "", data = "" } = event as MessageEvent;
          noted.push({ type, id: lastEventId, data });
        });
      }
      Object.assign(window, { source, noted });
    },
    { path, types: TYPES },
  );
  type PageWindow = { source: EventSource; noted: Noted[] };
  const read = <T>(look: (window: PageWindow) => T): Promise<T> =>
    page.evaluate(`(${look.toString()})(window)`) as Promise<T>;
  const noted = (): Promise<Noted[]> => read(({ noted }) => noted);
  return {
    page,
    noted,
    messages: async () => (await noted()).filter(({ type }) => type === "message").map(({ data }) => data),
    readyState: () => read(({ source }) => source.readyState),
    until: async (type, count = 1) => {
      await expect
        .poll(async () => (await noted()).filter((each) => each.type === type).length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(count);
    },
  };
}
