import type { StoreCase } from "./case.ts";
import { dataCases } from "./cases/data.ts";
import { endCases } from "./cases/ends.ts";
import { filterCases } from "./cases/filters.ts";
import { keyCases } from "./cases/keys.ts";
import { latestCases } from "./cases/latest.ts";
import { lifecycleCases } from "./cases/lifecycle.ts";
import { lineageCases } from "./cases/lineage.ts";
import { listingCases } from "./cases/listing.ts";
import { orderCases } from "./cases/order.ts";
import { retentionCases } from "./cases/retention.ts";
import { watermarkCases } from "./cases/watermarks.ts";
import type { StoreHarness } from "./harness.ts";

export type { LogBounds } from "../stores/shared/bounds.ts";
export type { StoreCase } from "./case.ts";
export type { Capability, StoreHarness, StorePlace } from "./harness.ts";

/**
 * The contract of a store, as cases. A store is one when all of them pass; run each under a test of its own:
 *
 * ```ts
 * for (const each of storeConformance) {
 *   const reason = whyNotApplicable(each, harness);
 *   test(each.name, { skip: reason }, () => each.run(harness));
 * }
 * ```
 */
export const storeConformance: readonly StoreCase[] = [
  ...orderCases,
  ...filterCases,
  ...lineageCases,
  ...retentionCases,
  ...watermarkCases,
  ...keyCases,
  ...endCases,
  ...latestCases,
  ...listingCases,
  ...dataCases,
  ...lifecycleCases,
];

/** Why a case does not apply to a store, to be shown beside its name; nothing if it does. */
export function whyNotApplicable(each: StoreCase, harness: StoreHarness): string | undefined {
  return each.needs === undefined ? undefined : harness.lacks[each.needs];
}
