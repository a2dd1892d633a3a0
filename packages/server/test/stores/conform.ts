import { type StoreHarness, storeConformance, whyNotApplicable } from "@tidings/server/testing";
import { describe, test } from "vitest";

/** The conformance suite as tests. A case that does not apply is shown with its reason. */
export function conform(name: string, harness: StoreHarness): void {
  describe(`${name} keeps the contract of a store`, () => {
    for (const each of storeConformance) {
      const reason = whyNotApplicable(each, harness);
      if (reason === undefined) test(each.name, () => each.run(harness));
      else test(`${each.name} (not applicable: ${reason})`, (context) => context.skip(reason));
    }
  });
}
