import { toListenCurl } from "../../model/curl.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import { useShellToken } from "../parts/use-shell-token.ts";

/** Nobody listens, or nobody who was searched for; and how to. */
export function NoConnections({ search }: { search: string }) {
  const { root } = usePage();
  const token = useShellToken();
  if (search !== "") {
    return (
      <div className="empty">
        <h2>{`No connection with “${search}”`}</h2>
        <p>Subjects, addresses, ids and topics are searched; a topic also finds those who listen to it by a pattern.</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>Nobody listens</h2>
      <p>Readers show up here as soon as they connect. Be the first, in a terminal.</p>
      <Snippet title="Listen to all topics" code={toListenCurl(root, "**", token)} />
    </div>
  );
}
