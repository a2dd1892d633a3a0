import type { StandardSchema, Topics } from "@tidings/wire/topics";
import type { Check } from "./check-data.ts";
import type { Decode } from "./core.ts";

/** Most text that is no JSON is told from it by its start, without an exception thrown for each event. */
const MAY_BE_JSON = /^\s*["[{\d\-tfn]/;

/** How data is made of text. */
export interface DecoderOptions {
  readonly raw?: boolean | undefined;
  readonly schema?: StandardSchema | Topics | undefined;
}

/** Data as listeners get it: the string, or {@link parseData} of it; then what the schema, or that of its topic, makes of it. */
export function createDecoder({ raw, schema }: DecoderOptions): Decode {
  const parse = raw ? String : parseData;
  if (!schema) return parse;
  // Only those who check pay for checking. It is on its way while the connection is.
  let check: Check | undefined;
  const load = async (): Promise<Check> => (check ??= (await import("./check-data.ts")).createCheck(schema));
  load().catch(() => {});
  return (text, event) => {
    const data = parse(text);
    return check ? check(data, event) : load().then((loaded) => loaded(data, event));
  };
}

/** JSON if it parses, else the string. */
export function parseData(text: string): unknown {
  if (!MAY_BE_JSON.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
