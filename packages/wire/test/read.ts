import { createParser, type ParsedEvent, type ParserOptions } from "@tidings/wire";

/** What a parser called back, in order. */
export type Call =
  | { call: "event"; event: ParsedEvent }
  | { call: "id"; id: string }
  | { call: "retry"; milliseconds: number }
  | { call: "comment"; text: string };

/** Callbacks that write down what they get. */
export function recorder(): { calls: Call[]; callbacks: ParserOptions } {
  const calls: Call[] = [];
  const callbacks = {
    onEvent: (event: ParsedEvent) => void calls.push({ call: "event", event }),
    onId: (id: string) => void calls.push({ call: "id", id }),
    onRetry: (milliseconds: number) => void calls.push({ call: "retry", milliseconds }),
    onComment: (text: string) => void calls.push({ call: "comment", text }),
  };
  return { calls, callbacks };
}

/** Parses the chunks as one stream, to its end. */
export function read(chunks: readonly (string | Uint8Array)[], options: Partial<ParserOptions> = {}): Call[] {
  const { calls, callbacks } = recorder();
  const parser = createParser({ ...callbacks, ...options });
  for (const chunk of chunks) parser.feed(chunk);
  return calls;
}

/** The events alone. */
export function events(...chunks: (string | Uint8Array)[]): ParsedEvent[] {
  return read(chunks).flatMap((call) => (call.call === "event" ? [call.event] : []));
}

/** The data of the events alone. */
export function data(...chunks: (string | Uint8Array)[]): string[] {
  return events(...chunks).map((event) => event.data);
}

/** An event with these fields, and the rest as if the stream had not named them. */
export function event(fields: Partial<ParsedEvent>): ParsedEvent {
  return { id: "", event: "message", topic: undefined, data: "", ...fields };
}

/** The UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
