import { ClientError } from "./errors.ts";
import type { StandardResult, StandardSchema } from "./standard-schema.ts";

/** What data is made of: a value, or the error for which it is dropped. */
export type Decode = (text: string) => unknown | ClientError | Promise<unknown | ClientError>;

/** Most text that is no JSON is told from it by its start, without an exception thrown for each event. */
const MAY_BE_JSON = /^\s*(?:["[{\d-]|(?:true|false|null)\s*$)/;

/** Data as listeners get it: JSON if it parses, else the string; then what the schema makes of it. */
export function createDecoder(raw: boolean | undefined, schema: StandardSchema | undefined): Decode {
  const parse = raw === true ? (text: string): unknown => text : parseData;
  if (schema === undefined) return parse;
  const validate = schema["~standard"].validate;
  return (text) => {
    try {
      const result = validate(parse(text));
      return result instanceof Promise ? result.then(toData).catch(toInvalid) : toData(result);
    } catch (cause) {
      return toInvalid(cause);
    }
  };
}

function parseData(text: string): unknown {
  if (!MAY_BE_JSON.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toData(result: StandardResult<unknown>): unknown {
  const issue = result.issues?.[0];
  if (issue === undefined) return (result as { value: unknown }).value;
  const path = issue.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".") ?? "";
  return new ClientError("invalid_data", `Dropped: ${path === "" ? "" : `${path}: `}${issue.message}`, {
    field: path,
    cause: result.issues,
  });
}

function toInvalid(cause: unknown): ClientError {
  return new ClientError("invalid_data", "Dropped: the schema threw.", { cause });
}
