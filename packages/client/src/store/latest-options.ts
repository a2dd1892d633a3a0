import type { ConnectOptions } from "../types.ts";

/** Gives the options as they are now: called whenever one is needed, so that who renders anew need not connect anew. */
export type ReadOptions<Options = ConnectOptions> = () => Options;

/**
 * Options for one `connect` that follow what is given later: headers and `fetch` are looked up at each attempt, so that a
 * token or a function that is new with every render is the newest at every attempt, and never a reason to reconnect.
 */
export function toLatest<Data>(read: ReadOptions<ConnectOptions<Data>>): ConnectOptions<Data> {
  return {
    ...read(),
    headers: (attempt) => {
      const { headers = {} } = read();
      return typeof headers === "function" ? headers(attempt) : headers;
    },
    fetch: (input, init) => (read().fetch ?? fetch)(input, init),
  };
}

/**
 * The options whose values decide what stream it is, as a string: with another one it is another stream. All others are
 * read when they are needed: where to start and how to wait with the first attempt, headers with each.
 */
export function toIdentity(url: string | URL | null, options: ConnectOptions): string {
  const { topics, method, body, credentials, identity, share, raw } = options;
  const text = typeof body === "string" ? body : undefined;
  return JSON.stringify([url, topics, method, text, credentials, identity, share, raw]);
}
