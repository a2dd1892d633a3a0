/** The hub said no, or could not be reached. The message is a sentence for people that says how to mend it. */
export class HubError extends Error {
  override readonly name = "HubError";
  /** The part of the request at fault, where the hub names one: `topic`, `event`, `data`. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** The error a response carries: its problem document's sentence (RFC 9457), else its status. */
export async function toHubError(response: Response): Promise<HubError> {
  const problem = await response.json().catch(() => undefined);
  if (isProblem(problem)) return new HubError(problem.detail, problem.field);
  return new HubError(`The hub answered ${response.status} ${response.statusText}`.trim());
}

function isProblem(value: unknown): value is { detail: string; field?: string } {
  return typeof value === "object" && value !== null && "detail" in value && typeof value.detail === "string";
}
