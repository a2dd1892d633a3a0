import { HubError, toHubError } from "./hub-error.ts";
import { createStore, type Readable } from "./store.ts";

/** The answer to `GET /access`: what the caller may do. */
export interface Access {
  /** The hub has keys, so that what one may do depends on a token. */
  readonly keys: boolean;
  readonly subject?: string;
  /** Milliseconds since 1970. */
  readonly expires?: number;
  readonly admin: boolean;
  /** The hub can make tokens. */
  readonly mints: boolean;
}

/** Whether this page may be used. */
export type AccessState =
  | { readonly phase: "asking" }
  /** The hub has not answered yet. */
  | { readonly phase: "away"; readonly detail: string }
  /** A token is needed. `detail`: what was wrong with the last one. */
  | { readonly phase: "out"; readonly detail?: string }
  | { readonly phase: "in"; readonly access: Access };

/** The way in: it holds the token, and knows what it is good for. */
export interface Entrance extends Readable<AccessState> {
  /** The headers of every request. A token never goes into an address. */
  headers(): Record<string, string>;
  /** Settles when the hub has said what the token is good for. */
  signIn(token: string): Promise<void>;
  signOut(): void;
  /** The hub refused the token: it has expired, or the keys are others now. */
  refuse(detail: string): void;
  /** Asks again. */
  ask(): Promise<void>;
}

/** The name of the token in the storage. */
const KEY = "tidings:token";

/** @param storage of this tab, so that another tab, and whoever opens the browser tomorrow, has to sign in */
export function createEntrance(root: string, storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): Entrance {
  const store = createStore<AccessState>({ phase: "asking" });
  let token = storage.getItem(KEY) ?? undefined;
  let asked = 0;

  function headers(): Record<string, string> {
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  function forget(): void {
    token = undefined;
    storage.removeItem(KEY);
  }

  async function ask(): Promise<void> {
    const mine = ++asked;
    const state = await readState().catch((error: Error): AccessState => ({ phase: "away", detail: error.message }));
    if (mine !== asked) return;
    if (state.phase === "out") forget();
    store.set(state);
  }

  async function readState(): Promise<AccessState> {
    const response = await fetch(`${root}access`, { cache: "no-store", headers: headers() }).catch(() => {
      throw new HubError("The hub cannot be reached. Is it running?");
    });
    if (response.status === 401) return { phase: "out", detail: (await toHubError(response)).message };
    if (!response.ok) throw await toHubError(response);
    const access: Access = await response.json();
    if (access.admin) return { phase: "in", access };
    if (token === undefined) return { phase: "out" };
    return { phase: "out", detail: "This token is good, but not for this page: it needs the right “admin”." };
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    headers,
    ask,
    signIn(next) {
      token = next.trim().replace(/^Bearer\s+/i, "");
      storage.setItem(KEY, token);
      return ask();
    },
    signOut() {
      asked++;
      forget();
      store.set({ phase: "out" });
    },
    refuse(detail) {
      if (store.get().phase !== "in") return;
      asked++;
      forget();
      store.set({ phase: "out", detail });
    },
  };
}
