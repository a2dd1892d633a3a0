import { assertField, WireError } from "@tidings/wire";
import { TidingsError } from "../errors.ts";
import type { Append } from "../ports/store.ts";
import { assertTopic, isReservedTopic, RESERVED_TOPIC_PREFIX } from "../topics.ts";
import type { BatchEvent, PublishOptions } from "./types.ts";

/** Event names that would fire `EventSource`'s own handlers, or that the hub speaks itself. */
const RESERVED_EVENT_NAMES: ReadonlySet<string> = new Set(["open", "error"]);
const RESERVED_EVENT_PREFIX = "tidings:";

const MAX_EVENT_NAME = 256;
const MAX_KEY = 256;

/**
 * What a publisher says, checked, and as the store takes it.
 *
 * @param isJson strings go out as JSON too
 * @throws TidingsError naming the field at fault
 */
export function toAppend(
  topic: string,
  value: unknown,
  options: PublishOptions,
  maxBytes: number,
  isJson = false,
): Append {
  assertTopic(topic);
  if (isReservedTopic(topic)) {
    throw new TidingsError(
      "reserved_topic",
      `Topics under "${RESERVED_TOPIC_PREFIX}" belong to the hub; name another.`,
      {
        field: "topic",
      },
    );
  }
  const name = toEventName(options.event);
  const key = toKey(options.idempotencyKey);
  // To end a topic is all that may be said without data.
  const data = options.end && value === undefined ? undefined : toData(value, maxBytes, isJson);
  // No spreads: each would be an object for every publication.
  const append: { -readonly [Field in keyof Append]: Append[Field] } = { topic };
  if (data !== undefined) append.data = data;
  if (name !== undefined && data !== undefined) append.event = name;
  if (options.end) append.end = true;
  if (key !== undefined) append.key = key;
  return append;
}

/**
 * Many events as {@link toAppend} takes one.
 *
 * @throws TidingsError naming the event at fault, by its index, and the field
 */
export function toBatch(events: readonly BatchEvent[], maxBytes: number, isJson: boolean): readonly Append[] {
  const batch = new Array<Append>(events.length);
  let at = 0;
  try {
    for (; at < events.length; at++) {
      const event = events[at] as BatchEvent;
      batch[at] = toAppend(event.topic, event.data, event, maxBytes, isJson);
    }
    return batch;
  } catch (error) {
    throw error instanceof TidingsError ? withIndex(error, at) : error;
  }
}

/** What `task` gives; a fault that it finds, at once or later, is that of the event at `index`. */
export function indexed<Result>(index: number, task: () => Result): Result {
  const rethrow = (error: unknown): never => {
    throw error instanceof TidingsError ? withIndex(error, index) : error;
  };
  try {
    const result = task();
    return result instanceof Promise ? (result.catch(rethrow) as Result) : result;
  } catch (error) {
    return rethrow(error);
  }
}

/** An error as it is told of the event at `index` of a batch, or of an event that is of none. */
export function withIndex(error: TidingsError, index: number | undefined): TidingsError {
  return new TidingsError(error.code, error.message, {
    ...(error.field !== undefined && { field: error.field }),
    ...(index !== undefined && { index }),
    cause: error.cause,
  });
}

/**
 * An event name that a publisher may use; none if it is empty, which the standard takes for `message`.
 *
 * @throws TidingsError `invalid_event_name`, `reserved_event_name`
 */
export function toEventName(name: string | undefined): string | undefined {
  if (name === undefined || name === "") return undefined;
  const refuse = (why: string): TidingsError =>
    new TidingsError("invalid_event_name", `The event name ${why}.`, { field: "event" });
  if (typeof name !== "string") throw refuse("must be a string");
  if (name.length > MAX_EVENT_NAME) throw refuse(`is longer than ${MAX_EVENT_NAME} characters`);
  try {
    assertField("event", name);
  } catch (error) {
    if (error instanceof WireError) throw refuse("has a line break, a NUL or half of a surrogate pair; remove it");
    throw error;
  }
  if (RESERVED_EVENT_NAMES.has(name) || name.startsWith(RESERVED_EVENT_PREFIX)) {
    const sentence = `The event name "${name}" is reserved: "open", "error" and "${RESERVED_EVENT_PREFIX}*" have a meaning of their own to readers. Choose another.`;
    throw new TidingsError("reserved_event_name", sentence, { field: "event" });
  }
  return name;
}

/**
 * Data as it goes out: a string as it is, unless all is to be JSON; any other value as JSON.
 *
 * @throws TidingsError `invalid_data`, `event_too_large`
 */
export function toData(value: unknown, maxBytes: number, isJson = false): string {
  const data = typeof value === "string" && !isJson ? value : toJson(value);
  // A character takes at most three bytes, so most data need no counting.
  if (data.length * 3 > maxBytes && Buffer.byteLength(data) > maxBytes) {
    throw new TidingsError(
      "event_too_large",
      `The data is larger than ${maxBytes} bytes; publish a link to it instead.`,
      {
        field: "data",
      },
    );
  }
  return data;
}

function toJson(value: unknown): string {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (json !== undefined) return json;
  const why = cause instanceof Error ? cause.message : `JSON has no ${typeof value}`;
  throw new TidingsError("invalid_data", `The data cannot be written as JSON (${why}).`, { field: "data", cause });
}

function toKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key === "string" && key !== "" && key.length <= MAX_KEY && /^[^\u0000-\u001f\u007f]+$/.test(key))
    return key;
  const sentence = `An idempotency key is 1 to ${MAX_KEY} characters, none of them a control character.`;
  throw new TidingsError("invalid_idempotency_key", sentence, { field: "idempotencyKey" });
}
