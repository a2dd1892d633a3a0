import type { Page } from "./environment.ts";
import { ClientError } from "./errors.ts";
import type { ConnectOptions } from "./types.ts";

/** Checks the options, and gives the address, absolute. @throws {ClientError} `invalid_option` */
export function checkOptions(url: string | URL, options: ConnectOptions<never>, page: Page): URL {
  const { method = "get", body, share, identity, queue } = options;
  refuse(body !== undefined && /^(get|head)$/i.test(method), "body", "is not for GET");
  refuse(share && identity === undefined, "identity", "must be given with share");
  refuse(share && !/^get$/i.test(method), "share", "needs method GET");
  // All that is a number: times and counts.
  for (const [field, value] of Object.entries({ ...options, "queue.limit": queue?.limit })) {
    refuse(typeof value === "number" && !(value > 0), field, "must be above 0");
  }
  try {
    return new URL(url, page.location?.href);
  } catch {
    refuse(true, "url", "is no address");
  }
}

function refuse(isWrong: true, field: string, rule: string): never;
function refuse(isWrong: unknown, field: string, rule: string): void;
function refuse(isWrong: unknown, field: string, rule: string): void {
  if (isWrong) throw new ClientError("invalid_option", `${field} ${rule}.`, { field });
}
