/** The sentence in which a hub, or whatever else answered, says no. */
export async function readRefusal(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
    try {
      const { detail } = JSON.parse(text) as { detail?: unknown };
      if (typeof detail === "string") return detail;
    } catch {
      // A body that is not what it says it is: the status has to do.
    }
  }
  return `${response.url} answered ${response.status} ${response.statusText}`.trimEnd();
}

/** Why a request got no answer at all. */
export function describeFailure(url: URL, error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return `No hub answers at ${url.origin} (${cause?.code ?? cause?.message ?? (error as Error).message})`;
}
