import type { EventSourceOptions } from "./options.ts";

/**
 * "Let urlRecord be the result of encoding-parsing a URL given url, relative to settings. If urlRecord is failure, then
 * throw a "SyntaxError" DOMException."
 *
 * @throws {DOMException} `SyntaxError`
 */
export function parseUrl(url: string | URL, base: string | URL | undefined): URL {
  try {
    const parsed = new URL(url, base ?? globalThis.document?.baseURI ?? globalThis.location?.href);
    // "http://this is invalid/", of which Chromium makes "http://this%20is%20invalid/": by the URL standard no domain has
    // a "%".
    if (!isHttp(parsed) || !parsed.host.includes("%")) return parsed;
  } catch {}
  throw new DOMException(`Cannot open an EventSource to '${url}': not a valid URL.`, "SyntaxError");
}

/** `http:` or `https:`. */
export function isHttp(url: URL): boolean {
  return /^https?:$/.test(url.protocol);
}

/** The request of one attempt, less its signal. */
export async function toRequest(options: EventSourceOptions, lastEventId: string): Promise<RequestInit> {
  const given = typeof options.headers === "function" ? options.headers() : options.headers;
  const headers = new Headers(await given);
  // "User agents may set (`Accept`, `text/event-stream`) in request's header list."
  if (!headers.has("Accept")) headers.set("Accept", "text/event-stream");
  // "If the EventSource object's last event ID string is not the empty string, then: let lastEventIDValue be the
  // EventSource object's last event ID string, encoded as UTF-8. Set (`Last-Event-ID`, lastEventIDValue) in request's
  // header list."
  if (lastEventId !== "") headers.set("Last-Event-ID", toUtf8(lastEventId));
  return {
    headers,
    // "Let request be the result of creating a potential-CORS request given urlRecord, the empty string, and
    // corsAttributeState."
    mode: "cors",
    credentials: options.withCredentials ? "include" : "same-origin",
    // "Set request's cache mode to "no-store"."
    cache: "no-store",
  };
}

/** The text's bytes in UTF-8, one character each: the form in which header values are given to `fetch`. */
function toUtf8(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}
