import type { Environment } from "./environment.ts";
import { ClientError } from "./errors.ts";
import type { ConnectOptions } from "./types.ts";

/** The address, absolute. @throws {ClientError} `invalid_option` */
export function toUrl(url: string | URL, environment: Environment): URL {
  try {
    return new URL(url, environment.base());
  } catch (cause) {
    throw new ClientError("invalid_option", `"${url}" is no address.`, {
      field: "url",
      cause,
    });
  }
}

/** @throws {ClientError} `invalid_option` */
export function checkOptions(options: ConnectOptions<never>): void {
  const { method = "GET", body, share, identity, stall, queue, retry, maxDelay, last } = options;
  if (body !== undefined && /^(get|head)$/i.test(method)) refuse("body", "needs another method than GET");
  if (share !== undefined && identity === undefined) refuse("identity", "must be given with share");
  if (share !== undefined && !/^get$/i.test(method)) refuse("share", "is for GET only");
  const numbers = { stall, retry, maxDelay, last, "queue.limit": queue?.limit };
  for (const [field, value] of Object.entries(numbers)) {
    if (typeof value === "number" && !(value > 0)) refuse(field, "must be above 0");
  }
}

function refuse(field: string, rule: string): never {
  throw new ClientError("invalid_option", `${field} ${rule}.`, { field });
}
