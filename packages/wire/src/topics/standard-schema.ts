/**
 * The part of Standard Schema (version 1) that validation needs. Zod, Valibot, ArkType and others have it.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema says of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value, and where. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type InputOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

/** What a schema gives out: its input, or what it makes of that. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];

/** Where in a value an issue is, such as `items.0.price`; empty if it is about the whole. */
export function issuePath({ path = [] }: StandardIssue): string {
  // Not `path.map`: ArkType's paths are a kind of array of which that makes one that is never empty.
  return Array.from(path, (part) => String(typeof part === "object" ? part.key : part)).join(".");
}
