import { type JsonSchema, schemaOf } from "./kinds.ts";
import { OPTIONS, type OptionSpec } from "./options.ts";

/**
 * The JSON Schema of the `--config` file, made of the one table of settings. It is published as `config.schema.json`, and says of
 * a file what `loadConfig` says of it, but for texts with a grammar of their own (origins, addresses, keys, topics), which
 * it takes as texts.
 */
export function toConfigSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of a Tidings hub",
    description: "Settings of `tidings serve --config <file>`.",
    type: "object",
    properties: {
      $schema: { type: "string", description: "Where this schema is, for editors." },
      ...Object.fromEntries(
        Object.entries<OptionSpec<unknown>>(OPTIONS).map(([key, option]) => [key, toProperty(option)]),
      ),
    },
    additionalProperties: false,
    not: { required: ["data", "memory"], properties: { memory: { const: true } } },
  };
}

function toProperty({ kind, help, default: value }: OptionSpec<unknown>): JsonSchema {
  return { description: `${help}.${value === undefined ? "" : ` Default: ${value}.`}`, ...schemaOf(kind) };
}
