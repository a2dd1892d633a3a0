import { EventSource, type EventSourceOptions } from "../../../src/event-source/index.ts";
import { type Place, runSubtest, type Subtest } from "./tools.ts";

/** As many at once as keep a loaded machine from being the reason for a failure. */
const AT_ONCE = 8;

/** Runs subtests in this process. Settles with what is wrong, in order; null where nothing is. */
export async function runInNode(port: number, subtests: readonly Subtest[]): Promise<(string | null)[]> {
  const place: Place = {
    use: "ours",
    resources: "resources/",
    crossOrigin: `http://localhost:${port}/eventsource/resources/`,
    address: `http://127.0.0.1:${port}/eventsource/page`,
  };
  // What a page has and Node has not is given as options: an address, and cookies.
  class InPlace extends EventSource {
    constructor(url: string | URL, options?: EventSourceOptions | null) {
      super(url, { ...options, base: place.address, fetch: createCookieFetch(new URL(place.address).origin) });
    }
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, "EventSource");
  Object.defineProperty(InPlace, "name", { value: "EventSource" });
  Object.defineProperty(globalThis, "EventSource", { value: InPlace, configurable: true });
  try {
    const results: (string | null)[] = [];
    const todo = subtests.entries();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const [at, subtest] of todo) results[at] = (await runSubtest(subtest, place)) ?? null;
      }),
    );
    return results;
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "EventSource");
    else Object.defineProperty(globalThis, "EventSource", before);
  }
}

/** A `fetch` with the cookies of one host, sent and kept as the credentials mode has it. */
function createCookieFetch(home: string): NonNullable<EventSourceOptions["fetch"]> {
  const jar = new Map<string, string>();
  return async (url, init) => {
    const hasCookies = init.credentials === "include" || new URL(url).origin === home;
    const headers = new Headers(init.headers);
    if (hasCookies && jar.size > 0)
      headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(url, { ...init, headers });
    for (const cookie of hasCookies ? response.headers.getSetCookie() : []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}
