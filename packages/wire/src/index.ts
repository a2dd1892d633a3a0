export { assertField, type EventFields, encodeComment, encodeEvent, type NamedField } from "./encode.ts";
export { WireError, type WireErrorCode, type WireErrorField } from "./wire-error.ts";
