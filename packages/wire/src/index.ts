export { assertField, type EventFields, encodeComment, encodeEvent, type NamedField } from "./encode.ts";
export { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parse.ts";
export { WireError, type WireErrorCode, type WireErrorField } from "./wire-error.ts";
