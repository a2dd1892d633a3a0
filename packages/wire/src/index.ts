export { createUtf8Decoder } from "#utf8";
export { assertField, type EventFields, encodeComment, encodeEvent, type NamedField } from "./encode.ts";
export { createParser, type Parser } from "./parse.ts";
export { createStreamParser, type ParsedEvent, type ParserOptions } from "./stream-parser.ts";
export { WireError, type WireErrorCode, type WireErrorField } from "./wire-error.ts";
