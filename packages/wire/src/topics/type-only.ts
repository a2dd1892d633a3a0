import type { InputOf, StandardSchema } from "./standard-schema.ts";
import type { SchemasOf, Topics } from "./types.ts";

/** One for all, so that it is known from those that check something. */
const TYPE_ONLY: StandardSchema = Object.freeze({
  "~standard": Object.freeze({ version: 1, vendor: "tidings", validate: (value: unknown) => ({ value }) }),
});

/**
 * A schema that is a type and nothing else: any value will do at run time.
 *
 * ```ts
 * const topics = defineTopics({ "jobs/*": typeOnly<Job>() });
 * ```
 */
export function typeOnly<Data>(): StandardSchema<Data> {
  return TYPE_ONLY as StandardSchema<Data>;
}

/** Whether a schema has been made by {@link typeOnly}, so that there is nothing to ask it. */
export function isTypeOnly(schema: StandardSchema): boolean {
  return schema === TYPE_ONLY;
}

/** A declaration in which schemas have become the types that they take, since nothing turns data into what they give out. */
export type TypesOf<Declared extends Topics> = Topics<{
  readonly [Name in keyof SchemasOf<Declared>]: TypeOnly<SchemasOf<Declared>[Name]>;
}>;

type TypeOnly<Entry> = Entry extends StandardSchema
  ? StandardSchema<InputOf<Entry>>
  : {
      readonly [Event in keyof Entry]: Entry[Event] extends StandardSchema
        ? StandardSchema<InputOf<Entry[Event]>>
        : never;
    };

/**
 * The types of a declaration without the declaration, for readers that trust what is published: their bundle holds neither
 * the schemas nor the library they were made with. Nothing is checked, and data are as they were published.
 *
 * ```ts
 * import type { topics } from "./topics.ts";
 * const stream = connect("/events", { topics: ["orders/*"], schema: typesOf<typeof topics>() });
 * ```
 */
export function typesOf<Declared extends Topics>(): TypesOf<Declared> {
  return { find: () => TYPE_ONLY };
}
