import { createHubClient, type HubClient, type HubClientOptions, toIdentity } from "@tidings/client/store";
import { createContext, createElement, type ReactNode, useContext } from "react";
import { useKept } from "./stores.ts";

/** What {@link TidingsProvider} takes: where the hub is, and options of `connect`. */
export interface TidingsProviderProps extends HubClientOptions {
  /** Where the hub's streams are: `/events`, or an address of another origin. */
  readonly url: string | URL;
  readonly children?: ReactNode;
}

const HubContext = /* @__PURE__ */ createContext<HubClient | undefined>(undefined);

/**
 * One connection for all components below it: it listens to the union of their topics, opens with the first of them and
 * closes about a second after the last.
 *
 * It connects anew if the *value* of `url`, `credentials`, `identity`, `share` or `raw` changes. Other options are looked up when
 * they are needed, `headers` at each attempt, so that it never matters whether they are new objects or functions.
 */
export function TidingsProvider({ url, children, ...options }: TidingsProviderProps): ReactNode {
  const client = useKept([toIdentity(url, options)], options, (read) => createHubClient(url, read));
  return createElement(HubContext.Provider, { value: client }, children);
}

/** @throws Error outside of a provider */
export function useHubClient(): HubClient {
  const client = useContext(HubContext);
  if (!client) throw new Error("Put a <TidingsProvider> around this.");
  return client;
}
