import { createStreamParser, createUtf8Decoder, type ParsedEvent, WireError } from "@tidings/wire";
import type { StandardSchema } from "@tidings/wire/topics";
import { createDecoder } from "./decode-data.ts";
import { ClientError } from "./errors.ts";
import { assertStream } from "./response.ts";
import type { StreamEvent } from "./types.ts";

/** Options of {@link parseEventStream}. */
export interface ParseEventStreamOptions<Data = unknown> {
  /** Data as the string it came as. Default false: JSON if it parses, else the string. */
  readonly raw?: boolean;
  /** Data that does not validate is thrown as `invalid_data`. */
  readonly schema?: StandardSchema<unknown, Data>;
}

/**
 * The events of one response, for streams that are asked for once and end by themselves, such as the answer of a language
 * model. Nothing is asked for again. The body is read no faster than the events are taken, and leaving the loop cancels it.
 *
 * ```ts
 * for await (const { data } of parseEventStream(await fetch(url, { method: "POST", body }))) {
 *   if (data === "[DONE]") break;
 * }
 * ```
 *
 * @param source a response, or the promise of one, or the bytes of a body
 * @throws {ClientError} from the loop: `http_status`, `content_type`, `network`, `protocol`, `invalid_data`
 */
export async function* parseEventStream<Data = unknown>(
  source: Response | PromiseLike<Response> | ReadableStream<Uint8Array>,
  options: ParseEventStreamOptions<Data> = {},
): AsyncGenerator<StreamEvent<Data>, void, undefined> {
  const body = source instanceof ReadableStream ? source : await toBody(source);
  if (body === null) return;
  const decode = createDecoder(options);
  let events: ParsedEvent[] = [];
  const decodeBytes = createUtf8Decoder();
  const parse = createStreamParser({ onEvent: (event) => events.push(event) });
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(toNetworkError);
      if (done) return;
      try {
        parse(decodeBytes(value));
      } catch (cause) {
        throw cause instanceof WireError ? new ClientError("protocol", cause.message, { cause }) : cause;
      }
      for (const { id, event, topic, data: text } of events) {
        const data = await decode(text, { topic, event });
        if (data instanceof ClientError) throw data;
        yield { id, event, topic, data: data as Data };
      }
      events = [];
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @throws {ClientError} `network`, `http_status`, `content_type` */
async function toBody(source: Response | PromiseLike<Response>): Promise<ReadableStream<Uint8Array> | null> {
  const response = await Promise.resolve(source).catch(toNetworkError);
  try {
    await assertStream(response);
    return response.body;
  } catch (refusal) {
    response.body?.cancel().catch(() => {});
    throw refusal;
  }
}

function toNetworkError(cause: unknown): never {
  throw new ClientError("network", "The network failed, or the response was cut.", { cause });
}
