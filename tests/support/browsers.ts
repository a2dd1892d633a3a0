import { type Browser, chromium, firefox } from "playwright-core";

/** The browsers that suites run in, as Debian has them. */
export type BrowserName = "Chromium" | "Firefox";

/** What a suite needs of a browser beside a start. */
export interface BrowserNeeds {
  /**
   * Chromium with all that is around its pages. Without it, its headless shell: the same engine, whose pages cost a quarter of
   * the CPU, but without a back/forward cache.
   */
  readonly isWhole?: boolean;
  /** Chromium's flags. */
  readonly flags?: readonly string[];
  /** Firefox's preferences. */
  readonly preferences?: Readonly<Record<string, string | number | boolean>>;
}

/** Those of this run: both, or what `TIDINGS_BROWSERS` names. What one shows of a page does not depend on Node. */
export const BROWSERS = (process.env.TIDINGS_BROWSERS ?? "Chromium Firefox").split(" ") as BrowserName[];

/**
 * Those of the suites that take minutes in Firefox, because each of their tests opens pages anew: Chromium, unless
 * `TIDINGS_BROWSERS` says otherwise. A whole run is to be over in a quarter of an hour.
 */
export const BROWSERS_OF_LONG_SUITES: readonly BrowserName[] =
  process.env.TIDINGS_BROWSERS === undefined ? ["Chromium"] : BROWSERS;

/** Starts a browser without anything that calls home, and with the back/forward cache that users have. */
export async function startBrowser(
  name: BrowserName,
  { isWhole = false, flags = [], preferences = {} }: BrowserNeeds = {},
): Promise<Browser> {
  if (name === "Firefox") return startFirefox(preferences);
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? (isWhole ? "/usr/bin/chromium" : "/usr/bin/chromium-headless-shell"),
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
  });
}

/** Drives the Firefox that users have, by WebDriver BiDi; playwright's other way needs a Firefox of its own. */
async function startFirefox(preferences: NonNullable<BrowserNeeds["preferences"]>): Promise<Browser> {
  const browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    firefoxUserPrefs: { ...preferences },
  });
  // Each context sends this command, which Firefox 153 has not got, for a colour scheme that no test looks at.
  const { session } = internalsOf(browser);
  const send = session.send.bind(session);
  session.send = async (method, parameters) =>
    method === "emulation.setMediaFeaturesOverride" ? {} : send(method, parameters);
  return browser;
}

interface Session {
  send(method: string, parameters: unknown): Promise<unknown>;
}

/** The driver's own side of a browser, which is in this process. */
function internalsOf(browser: Browser): { session: Session } {
  interface Client {
    _connection: { toImpl(object: unknown): { _browserSession: Session } };
  }
  return { session: (browser as unknown as Client)._connection.toImpl(browser)._browserSession };
}
