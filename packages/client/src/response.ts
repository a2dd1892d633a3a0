import { parseRetryAfter } from "./backoff.ts";
import { ClientError } from "./errors.ts";

/**
 * Throws why a response is no stream, if it is none, in the server's own words, if it has some: a problem document (RFC 9457).
 *
 * @param wait is given what to call when the words have been waited for long enough
 * @throws {ClientError} `http_status`, `content_type`
 */
export async function assertStream(response: Response, wait: (goOn: () => void) => void = () => {}): Promise<void> {
  const { status, url, headers } = response;
  const type = headers.get("content-type") ?? "";
  if (status !== 200) {
    const isProblem = /json/i.test(type);
    const found = isProblem && (await Promise.race([response.json().catch(() => {}), new Promise<void>(wait)]));
    // Anything may be JSON, or say that it is; of what is no object nothing can be read.
    const problem = Object(found) === found ? found : undefined;
    const retryAfter = parseRetryAfter(headers, Date.now());
    throw new ClientError("http_status", problem?.detail ?? `${url} answered ${status}.`, {
      status,
      problem,
      retryAfter,
    });
  }
  if (!/^text\/event-stream\s*(;|$)/i.test(type)) {
    throw new ClientError("content_type", `${url} answered with "${type}", not an event stream.`, { status });
  }
}
