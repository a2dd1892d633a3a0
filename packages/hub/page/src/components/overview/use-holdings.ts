import { useEffect } from "react";
import { type Holdings, toHoldings } from "../../model/holdings.ts";
import { usePage, useReadable } from "../parts/use-page.ts";

/** What the hub holds, kept up to date; undefined while that is not known. */
export function useHoldings(): Holdings | undefined {
  const { topics, stats } = usePage();
  const { value } = useReadable(topics);
  useEffect(() => topics.search(""), [topics]);
  const holdings = value?.search === "" ? toHoldings(value.listing) : undefined;
  const bytes = holdings?.bytes;
  useEffect(() => {
    if (bytes !== undefined) stats.setHeld(bytes);
  }, [stats, bytes]);
  return holdings;
}
