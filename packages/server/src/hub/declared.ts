import {
  issuePath,
  isTypeOnly,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type Topics,
} from "@tidings/wire/topics";
import { TidingsError } from "../errors.ts";
import type { Append } from "../ports/store.ts";
import { indexed } from "./publication.ts";

/**
 * Asks the schemas that are declared for the publications of a batch about their data. Undefined if all have answered at once;
 * else what settles with their answers.
 *
 * A schema sees data as readers will, out of JSON: what is accepted here is accepted there.
 *
 * @param validate false: only that topics and events are declared is asked
 * @throws TidingsError `not_declared`, `invalid_data`, also as a rejection
 */
export function checkDeclared(batch: readonly Append[], topics: Topics, validate: boolean): Promise<void> | undefined {
  const answers: Promise<void>[] = [];
  try {
    for (const [at, append] of batch.entries()) {
      const answer = indexed(at, () => checkOne(append, topics, validate));
      if (answer !== undefined) answers.push(answer);
    }
  } finally {
    // Of several faults only one is told.
    for (const answer of answers) answer.catch(() => {});
  }
  // One after the other, so that of those that answer later it is always the first.
  if (answers.length === 0) return undefined;
  const all = answers.reduce((before, answer) => before.then(() => answer));
  // It may have to wait for its turn before anyone asks.
  all.catch(() => {});
  return all;
}

function checkOne({ topic, event, data }: Append, topics: Topics, validate: boolean): Promise<void> | undefined {
  const schema = topics.find(topic, event);
  if (schema === "topic") throw notDeclared(`The topic "${topic}" is not declared`, "topic");
  // What ends a topic without a last event has no data that could be wrong.
  if (data === undefined) return undefined;
  if (schema === "event") {
    const name = event === undefined ? "without a name" : `named "${event}"`;
    throw notDeclared(`Events ${name} are not declared for the topic "${topic}"`, "event");
  }
  if (!validate || isTypeOnly(schema)) return undefined;
  const assertValid = ({ issues }: StandardResult<unknown>): void => {
    if (issues !== undefined) throw invalid(topic, issues);
  };
  const result = ask(schema, JSON.parse(data));
  if (result instanceof Promise) return result.catch(refuse).then(assertValid);
  assertValid(result);
  return undefined;
}

function notDeclared(fact: string, field: string): TidingsError {
  return new TidingsError("not_declared", `${fact}; publish to one that is, or add it to defineTopics.`, { field });
}

function ask(schema: StandardSchema, value: unknown): ReturnType<StandardSchema["~standard"]["validate"]> {
  try {
    return schema["~standard"].validate(value);
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new TidingsError("invalid_data", `The data cannot be checked; its schema threw: ${why}`, {
    field: "data",
    cause: error,
  });
}

function invalid(topic: string, issues: readonly StandardIssue[]): TidingsError {
  const [first = { message: "its schema refuses it" }] = issues;
  const path = issuePath(first);
  const field = path === "" ? "data" : `data.${path}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  const sentence = `The data is not as declared for the topic "${topic}": ${field}: ${first.message}${more}`;
  return new TidingsError("invalid_data", sentence, { field, cause: issues });
}
