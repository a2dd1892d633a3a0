import { compareSpecificity, findPatternFault, isPattern, isReservedTopic, matchesLevels } from "./names.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { EventSchemas, TopicSchemas, Topics } from "./types.ts";

/**
 * Declares what topics carry, once for publishers and readers: for each topic or pattern a schema, or one for each event
 * name. A schema is any Standard Schema (Zod, Valibot, ArkType and others), or `typeOnly<T>()` for a type that nobody checks.
 *
 * ```ts
 * export const topics = defineTopics({
 *   "prices/*": z.object({ bid: z.number(), ask: z.number() }),
 *   "orders/*": { created: OrderCreated, cancelled: OrderCancelled },
 *   "jobs/*": typeOnly<Job>(),
 * });
 * ```
 *
 * For a topic that several names match, the most specific decides alone: the topic itself, else level by level from the
 * left a literal level before `*` before `**`. What matches none is not declared; `"**": typeOnly<unknown>()` declares
 * all the rest.
 *
 * A schema is asked about data as a reader gets it, as JSON gives it back: no `Date`, no `undefined`. What goes out is
 * what was published. What a schema makes of it, such as a `Date` out of a string, is what readers get that ask it too.
 *
 * @throws {TypeError} naming what is no topic or pattern, or no schema
 */
export function defineTopics<const Schemas extends TopicSchemas>(schemas: Schemas): Topics<Schemas> {
  const exact = new Map<string, StandardSchema | EventSchemas>();
  const patterns: { readonly levels: readonly string[]; readonly entry: StandardSchema | EventSchemas }[] = [];
  for (const name of Object.keys(schemas).sort(compareSpecificity)) {
    const entry = schemas[name];
    assertName(name);
    assertEntry(name, entry);
    if (isPattern(name)) patterns.push({ levels: name.split("/"), entry });
    else exact.set(name, entry);
  }

  function findEntry(topic: string): StandardSchema | EventSchemas | undefined {
    if (isReservedTopic(topic)) return undefined;
    const entry = exact.get(topic);
    if (entry !== undefined || patterns.length === 0) return entry;
    const levels = topic.split("/");
    return patterns.find((pattern) => matchesLevels(pattern.levels, levels))?.entry;
  }

  return {
    find(topic, event = "message") {
      const entry = findEntry(topic);
      if (entry === undefined) return "topic";
      if (isSchema(entry)) return entry;
      return Object.hasOwn(entry, event) ? (entry[event] as StandardSchema) : "event";
    },
  };
}

/** Libraries make schemas as objects and as functions. */
function isSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return typeof (value as Partial<StandardSchema>)["~standard"]?.validate === "function";
}

function assertName(name: string): void {
  const fault = isReservedTopic(name) ? "it belongs to the hub" : findPatternFault(name);
  if (fault !== undefined) throw new TypeError(`${JSON.stringify(name)} is no topic or pattern: ${fault}.`);
}

function assertEntry(name: string, entry: unknown): asserts entry is StandardSchema | EventSchemas {
  if (isSchema(entry)) return;
  const events = typeof entry === "object" && entry !== null ? Object.entries(entry) : [];
  const wrong = events.find(([, schema]) => !isSchema(schema));
  if (events.length > 0 && wrong === undefined) return;
  const place = JSON.stringify(name) + (wrong === undefined ? "" : `, event ${JSON.stringify(wrong[0])},`);
  throw new TypeError(
    `${place} needs a Standard Schema, or typeOnly<T>(); a topic may also have one for each event name.`,
  );
}
