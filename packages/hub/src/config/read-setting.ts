import type { Kind } from "./kinds.ts";
import { UsageError } from "./usage-error.ts";

/**
 * A setting as its kind makes it of a flag or variable: a text, or several.
 *
 * @param label What the setting was called where it was given.
 * @throws UsageError naming it and what is allowed
 */
export function readSetting<T>(kind: Kind<T>, value: unknown, label: string): T {
  const { fromText } = kind;
  return read(kind, typeof value === "string" && fromText !== undefined ? fromText(value) : value, value, label);
}

/** The same of a key of the file: JSON, in which a number is a number. @throws UsageError */
export function readJsonSetting<T>(kind: Kind<T>, value: unknown, label: string): T {
  return read(kind, value, value, label);
}

function read<T>(kind: Kind<T>, meant: unknown, value: unknown, label: string): T {
  const parsed = kind.parse(meant);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`${label} is ${kind.isSecret ? "not shown here" : show(value)}; it must be ${kind.allowed}.`);
}

/** A value as it may stand in a message. */
function show(value: unknown): string {
  const shown = Array.isArray(value) ? value.map(show).join(", ") : (JSON.stringify(value) ?? String(value));
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
