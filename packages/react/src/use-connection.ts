import type { ConnectionState } from "@tidings/client/store";
import { useHubClient } from "./provider.tsx";
import { useStore } from "./use-store.ts";

/** The provider's connection. */
export interface Connection extends ConnectionState {
  /** Connects anew, also where the connection was closed for good. The same function at each render. */
  readonly restart: () => void;
}

/** Where the provider's connection is: what to show when it is not `open`. It does not connect by itself. */
export function useConnection(): Connection {
  const client = useHubClient();
  return { ...useStore(client.connection), restart: client.restart };
}
