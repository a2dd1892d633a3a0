import type {
  EventFields,
  NamedField,
  ParsedEvent,
  Parser,
  ParserOptions,
  WireErrorCode,
  WireErrorField,
} from "@tidings/wire";
import * as wire from "@tidings/wire";
import { expect, expectTypeOf, it } from "vitest";

// Others build on these names and types: a change here is a change of version.

it("exports these values, and no others", () => {
  expect(Object.keys(wire).sort()).toEqual([
    "WireError",
    "assertField",
    "createParser",
    "createStreamParser",
    "createUtf8Decoder",
    "encodeComment",
    "encodeEvent",
  ]);
});

it("has these types", () => {
  expectTypeOf(wire.encodeEvent).toEqualTypeOf<(fields: EventFields) => string>();
  expectTypeOf(wire.encodeComment).toEqualTypeOf<(text: string) => string>();
  expectTypeOf(wire.assertField).toEqualTypeOf<(name: NamedField, value: string) => void>();
  expectTypeOf(wire.createParser).toEqualTypeOf<(options: ParserOptions) => Parser>();
  expectTypeOf(wire.createStreamParser).toEqualTypeOf<(options: ParserOptions) => (text: string) => void>();
  expectTypeOf(wire.createUtf8Decoder).toEqualTypeOf<() => (chunk: Uint8Array) => string>();
  expectTypeOf<EventFields>().toEqualTypeOf<{
    id?: string | undefined;
    event?: string | undefined;
    topic?: string | undefined;
    retry?: number | undefined;
    data?: string | undefined;
  }>();
  expectTypeOf<NamedField>().toEqualTypeOf<"id" | "event" | "topic">();
  expectTypeOf<ParsedEvent>().toEqualTypeOf<{ id: string; event: string; topic: string | undefined; data: string }>();
  expectTypeOf<ParserOptions>().toEqualTypeOf<{
    onEvent: (event: ParsedEvent) => void;
    onId?: ((id: string) => void) | undefined;
    onRetry?: ((milliseconds: number) => void) | undefined;
    onComment?: ((text: string) => void) | undefined;
    lastEventId?: string | undefined;
    maxBufferSize?: number | undefined;
  }>();
  expectTypeOf<Parser>().toEqualTypeOf<{
    readonly lastEventId: string;
    feed(chunk: string | Uint8Array): void;
    reset(): void;
  }>();
  expectTypeOf<WireErrorCode>().toEqualTypeOf<
    "line_break" | "nul" | "ill_formed" | "invalid_retry" | "buffer_overflow" | "parser_stopped"
  >();
  expectTypeOf<WireErrorField>().toEqualTypeOf<"id" | "event" | "topic" | "retry" | "stream">();
  expectTypeOf<wire.WireError["code"]>().toEqualTypeOf<WireErrorCode>();
  expectTypeOf<wire.WireError["field"]>().toEqualTypeOf<WireErrorField>();
});

it("has a parser of one property and two methods", () => {
  expect(Object.keys(wire.createParser({ onEvent: () => {} })).sort()).toEqual(["feed", "lastEventId", "reset"]);
});
