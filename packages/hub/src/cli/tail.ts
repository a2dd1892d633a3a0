import { ClientError, connect, type EventStream, type StreamEvent } from "@tidings/client";
import { describeFailure } from "./problem.ts";

/** What a tail tells. */
export interface TailHandlers {
  /** Data is the string it came as. */
  onEvent(event: StreamEvent<string>): void;
  /** Something a person should know: a gap, an outage, a refusal. */
  onNote(text: string): void;
  /** Waited for between two events, so that a slow output slows the stream. */
  ready(): Promise<void>;
}

/** Events that wait for a slow output before the stream does. */
const QUEUE = 1000;

/** Follows a stream until all its topics have ended, through every cut and restart. */
export async function tail(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { onEvent, onNote, ready }: TailHandlers,
): Promise<"ended" | "refused"> {
  const stream = connect<string>(url, { headers, raw: true, queue: { limit: QUEUE } });
  tellOutages(stream, url, onNote);
  stream.on("gap", (gap) => onNote(`Events are missing here: ${JSON.stringify(gap)}`));
  let dismissal: string | undefined;
  stream.on("bye", ({ reason, reconnect }) => {
    if (reason === "expired") {
      dismissal = "The token has expired. Get a fresh one, with tidings token, and start again.";
      // There is no other to come back with.
      stream.close();
    } else if (!reconnect) dismissal = "The hub closed the connection and asked not to come back.";
  });
  try {
    for await (const event of stream) {
      onEvent(event);
      await ready();
    }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    onNote(error.code === "content_type" ? `${url} is not an event stream.` : error.message);
    return "refused";
  }
  if (dismissal !== undefined) onNote(dismissal);
  return dismissal === undefined ? "ended" : "refused";
}

/** Once for each outage, however many attempts it takes. A cut that the next attempt mends is none. */
function tellOutages(stream: EventStream<string>, url: URL, onNote: (text: string) => void): void {
  let isAway = false;
  stream.on("error", (error) => {
    const passes = error.status === undefined || error.status === 429 || error.status >= 500;
    if (isAway || !passes || stream.status !== "connecting") return;
    isAway = true;
    if (error.status === undefined) onNote(`${describeFailure(url, error.cause)}; trying until one does.`);
    else onNote(`${error.message} Trying again.`);
  });
  stream.on("open", () => {
    if (isAway) onNote(`Connected to ${url.origin} again.`);
    isAway = false;
  });
}
