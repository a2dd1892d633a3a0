// What docs/guides/tabs.md shows.
// #region share
import { connect, type EventStream } from "@tidings/client";

export function listen(user: { id: string }, token: () => Promise<string>): EventStream {
  return connect("/events", {
    topics: ["news"],
    share: "tabs",
    identity: user.id,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
  });
}
// #endregion share
