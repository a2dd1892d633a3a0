import type { Epoch, Lineage, Offset } from "../../positions.ts";

/**
 * The lineage after an opening: a new epoch at its end, which begins at `head + 1`. Of more than `bound` epochs, those
 * under which nothing was appended go first (a process that restarts in a loop must not push out what readers hold),
 * then the oldest.
 */
export function beginEpoch(lineage: Lineage, name: string, head: Offset, bound: number): Lineage {
  const begun: Epoch[] = [...lineage, { name, first: head + 1 }];
  while (begun.length > Math.max(1, bound)) begun.splice(findDispensable(begun), 1);
  return begun;
}

/** The first epoch but the oldest that nothing was appended under, else the oldest. */
function findDispensable(lineage: Lineage): number {
  const empty = lineage.findIndex((epoch, at) => at > 0 && lineage[at + 1]?.first === epoch.first);
  return empty === -1 ? 0 : empty;
}
