import type { ParsedEvent } from "@tidings/wire";
import { issuePath, type StandardResult, type StandardSchema, type Topics } from "@tidings/wire/topics";
import { ClientError } from "./errors.ts";

/** What data is made of: a value, or the error for which it is dropped. */
export type Decode = (
  text: string,
  event: Pick<ParsedEvent, "topic" | "event">,
) => unknown | ClientError | Promise<unknown | ClientError>;

/** Most text that is no JSON is told from it by its start, without an exception thrown for each event. */
const MAY_BE_JSON = /^\s*(?:["[{\d-]|(?:true|false|null)\s*$)/;

/** Data as listeners get it: JSON if it parses, else the string; then what the schema, or that of its topic, makes of it. */
export function createDecoder(raw: boolean | undefined, schema: StandardSchema | Topics | undefined): Decode {
  const parse = raw === true ? (text: string): unknown => text : parseData;
  if (schema === undefined) return parse;
  return (text, { topic = "", event }) => {
    const found = "find" in schema ? schema.find(topic, event) : schema;
    if (typeof found === "string") {
      return new ClientError("invalid_data", `Dropped: the ${found} is not declared.`, { field: found });
    }
    try {
      const result = found["~standard"].validate(parse(text));
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
  const path = issuePath(issue);
  return new ClientError("invalid_data", `Dropped: ${path === "" ? "" : `${path}: `}${issue.message}`, {
    field: path,
    cause: result.issues,
  });
}

function toInvalid(cause: unknown): ClientError {
  return new ClientError("invalid_data", "Dropped: the schema threw.", { cause });
}
