import { toPublishCurl } from "../../model/curl.ts";
import { toHref } from "../../model/router.ts";
import { findTopicFault } from "../../model/topics.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import { useShellToken } from "../parts/use-shell-token.ts";

/** No topic, or none that was searched for; and how to make one. */
export function NoTopics({ search }: { search: string }) {
  const { root } = usePage();
  const token = useShellToken();
  const topic = findTopicFault(search) === undefined ? search : "orders/42";
  return (
    <div className="empty">
      <h2>{search === "" ? "No topic yet" : `No topic like “${search}”`}</h2>
      <p>Publishing to a topic makes it. There is nothing to set up before.</p>
      <Snippet title="Publish to it" code={toPublishCurl(root, { topic, event: "", data: '{"total":9}' }, token)} />
      <a className="button" href={toHref({ screen: "topic", name: topic, view: "live" })}>
        Open <code>{topic}</code>, and publish there
      </a>
    </div>
  );
}
