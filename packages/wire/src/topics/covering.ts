import { isReservedTopic, matchesLevels } from "./names.ts";

/**
 * Whether everything that `name`, a topic or a pattern, matches is matched by `grants`, which are topics and patterns too.
 * `orders/*` covers `orders/42` and itself, but not `orders/**`. Several may cover together what none does alone: a
 * pattern for each of one level, two, and three or more. All must be valid; a reserved topic is covered by its own name alone.
 */
export function covers(grants: readonly string[], name: string): boolean {
  if (isReservedTopic(name)) return grants.includes(name);
  return coversLevels(
    grants.map((grant) => grant.split("/")),
    name.split("/"),
  );
}

function coversLevels(grants: readonly (readonly string[])[], name: readonly string[]): boolean {
  if (grants.some((grant) => contains(grant, name))) return true;
  // Among topics longer than any grant, one that ends in `**` has all or none: it would have been found.
  if (name.at(-1) !== "**" || grants.every((grant) => grant.length < name.length)) return false;
  const head = name.slice(0, -1);
  return coversLevels(grants, [...head, "*"]) && coversLevels(grants, [...head, "*", "**"]);
}

/** Whether one grant has all of it: what has every depth takes a grant that has. */
function contains(grant: readonly string[], name: readonly string[]): boolean {
  return (name.at(-1) !== "**" || grant.at(-1) === "**") && matchesLevels(grant, name);
}
