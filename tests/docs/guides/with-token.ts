import { connect, type EventStream } from "@tidings/client";

/** Listens with a token of the backend's. */
export function listenAs(user: string, backend: string, hub: string, fetch = globalThis.fetch): EventStream {
  // #region with-token
  const stream = connect(`${hub}/events`, {
    topics: [`users/${user}/**`, "prices/*"],
    headers: async () => {
      const response = await fetch(`${backend}/token`, { method: "POST" });
      if (!response.ok) throw new Error(`No token: ${response.status}`);
      return { authorization: `Bearer ${(await response.json()).token}` };
    },
  });
  // #endregion with-token
  return stream;
}
