import { ClientError, type Problem } from "./errors.ts";

/** How long the body of a refusal is waited for, in milliseconds. */
export const PROBLEM_TIMEOUT = 5000;

/**
 * Why a response is no stream; undefined if it is one.
 *
 * @param wait settles when the body of a refusal has been waited for long enough. Default: never.
 */
export async function toRefusal(response: Response, wait?: Promise<undefined>): Promise<ClientError | undefined> {
  const { status, statusText, url } = response;
  const type = response.headers.get("content-type") ?? "";
  if (status !== 200) {
    const problem = /^application\/([\w.-]+\+)?json\b/i.test(type) ? await readProblem(response, wait) : undefined;
    const message = problem?.detail ?? `${url} answered ${status} ${statusText}`.trimEnd();
    return new ClientError("http_status", message, { status, problem });
  }
  if (/^text\/event-stream\s*(?:;|$)/i.test(type)) return undefined;
  return new ClientError("content_type", `${url} is not an event stream: it answered with "${type}".`, { status });
}

async function readProblem(response: Response, wait: Promise<undefined> | undefined): Promise<Problem | undefined> {
  try {
    const problem: unknown = await Promise.race(wait === undefined ? [response.json()] : [response.json(), wait]);
    return typeof problem === "object" && problem !== null ? problem : undefined;
  } catch {
    return undefined;
  }
}
