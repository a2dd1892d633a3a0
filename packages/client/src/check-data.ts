import type { ParsedEvent } from "@tidings/wire";
import { issuePath, type StandardResult, type StandardSchema, type Topics } from "@tidings/wire/topics";
import { ClientError } from "./errors.ts";

/** What a schema makes of data, or the error for which it is dropped. */
export type Check = (data: unknown, event: Pick<ParsedEvent, "topic" | "event">) => unknown | Promise<unknown>;

/** Checks data by a schema, or by that of its topic. */
export function createCheck(schema: StandardSchema | Topics): Check {
  return (data, { topic = "", event }) => {
    const found = "find" in schema ? schema.find(topic, event) : schema;
    if (typeof found === "string") {
      return new ClientError("invalid_data", `Dropped: the ${found} is not declared.`, { field: found });
    }
    try {
      const result = found["~standard"].validate(data);
      return result instanceof Promise ? result.then(toData).catch(toInvalid) : toData(result);
    } catch (cause) {
      return toInvalid(cause);
    }
  };
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
