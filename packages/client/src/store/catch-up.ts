import { isAtOrBefore } from "../position.ts";
import { letIn, type Member, recall, tellGap, toOptions } from "./member.ts";
import { openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";

/**
 * Brings members from where they begin to where the shared stream is, over a stream of their own, and lets them in.
 *
 * The stream is read until it is live and has brought every event that the shared stream has brought meanwhile: what comes
 * after it, the shared stream is still to bring. So nothing need be held, and there is nothing to overflow. A stream and
 * not pages of history: any endpoint of a hub has it, embedded ones too, with the same rights, headers and gaps.
 *
 * @param members all with the same start; who leaves is taken out
 */
export function catchUp(url: string, read: ReadOptions, signal: AbortSignal, members: Set<Member>): void {
  const [{ listener: { start = {} } = {} } = {}] = members as Set<Partial<Member>>;
  const topics = new Set([...members].map(({ listener }) => listener.topic));
  const readOwn = (): StoreOptions => {
    const { share: _share, ...options } = read();
    return options;
  };
  const stream = openStream(url, readOwn, { ...toOptions(start), topics: [...topics], signal }, (event) => {
    for (const member of members) recall(member, event);
    if (isLive) finish();
  });
  let isLive = false;

  function finish(): void {
    const { lastEventId, status } = stream;
    for (const member of members) {
      if (status !== "closed" && member.missed !== "" && !isAtOrBefore(member.missed, lastEventId)) continue;
      members.delete(member);
      letIn(member, lastEventId);
    }
    if (members.size === 0) stream.close();
  }

  stream.on("gap", (gap) => {
    for (const member of members) tellGap(member, gap);
  });
  stream.on("live", () => {
    isLive = true;
    finish();
  });
  // All their topics have ended, or they may not have them.
  stream.closed.then(finish, finish);
}
