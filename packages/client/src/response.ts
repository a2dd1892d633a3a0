import { parseRetryAfter } from "./backoff.ts";
import { ClientError, type Problem } from "./errors.ts";

/** Why a response is no stream; undefined if it is one. */
export function toRefusal({ status, url, headers }: Response): ClientError | undefined {
  const type = headers.get("content-type") ?? "";
  if (status !== 200) {
    const details = { status, problem: undefined, retryAfter: parseRetryAfter(headers, Date.now()) };
    return new ClientError("http_status", `${url} answered ${status}.`, details);
  }
  if (!/^text\/event-stream\s*(;|$)/i.test(type)) {
    return new ClientError("content_type", `${url} answered with "${type}", not an event stream.`, { status });
  }
}

/** The same in the server's own words, if it has some: a problem document (RFC 9457). */
export async function explain(refusal: ClientError, response: Response): Promise<ClientError> {
  const isProblem = /[/+]json\b/i.test(response.headers.get("content-type") ?? "");
  const problem = isProblem && refusal.code === "http_status" && (await response.json().catch(() => {}));
  // Anything may be JSON; of what is no object nothing can be read.
  if (Object(problem) !== problem) return refusal;
  return new ClientError(refusal.code, (problem as Problem).detail ?? refusal.message, { ...refusal, problem });
}
