import { useCallback, useEffect, useState } from "react";
import type { Minted } from "../../model/api.ts";
import { usePage, useReadable } from "../parts/use-page.ts";

/** A token for code that is shown. */
export interface ShownToken {
  /** Undefined where none is needed; a word to replace where the hub cannot make one. */
  readonly token: string | undefined;
  /** Milliseconds since 1970, of a token that was made. */
  readonly expires: number | undefined;
  /** Why there is none. */
  readonly detail: string | undefined;
  /** Makes another. Undefined where the hub makes none. */
  readonly renew: (() => void) | undefined;
}

const PLACEHOLDER = "YOUR_TOKEN";

/** A token that is good for `topic` alone, and for minutes; made by the hub, if it has keys and can. */
export function useToken(topic: string): ShownToken {
  const { api, entrance } = usePage();
  const state = useReadable(entrance);
  const [minted, setMinted] = useState<Minted>();
  const [detail, setDetail] = useState<string>();
  const keys = state.phase === "in" && state.access.keys;
  const mints = keys && state.access.mints;

  const renew = useCallback(() => {
    api.mint(topic).then(setMinted, (error: Error) => setDetail(error.message));
  }, [api, topic]);
  useEffect(() => {
    if (mints) renew();
  }, [mints, renew]);

  return {
    token: keys ? (minted?.token ?? PLACEHOLDER) : undefined,
    expires: minted?.expires,
    detail,
    renew: mints ? renew : undefined,
  };
}
