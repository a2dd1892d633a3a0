import type { ConnectionState } from "@tidings/client/store";
import { useHubClient } from "./provider.tsx";
import { useStore } from "./stores.ts";

/** Where the provider's connection is: what to show when it is not `open`. It does not connect by itself. */
export function useConnection(): ConnectionState {
  return useStore(useHubClient().connection);
}
