export { ERRORS, type ErrorCode, type ErrorDetails, type Problem, TidingsError, toProblem } from "./errors.ts";
export type { Store } from "./ports/store.ts";
