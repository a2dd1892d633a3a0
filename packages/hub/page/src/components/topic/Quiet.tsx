import { toListenCurl, toPublishCurl } from "../../model/curl.ts";
import type { StreamState } from "../../model/stream-state.ts";
import { EVERY_TOPIC, findTopicFault } from "../../model/topics.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import { useShellToken } from "../parts/use-shell-token.ts";

/** What stands where events will be. */
export function Quiet(props: { name: string; state: StreamState; ended: boolean; filter: string }) {
  const { name, state, ended, filter } = props;
  const { root } = usePage();
  const token = useShellToken();
  const { phase } = state;
  // Saying "nothing here" before knowing would flash at everyone who has events.
  if (phase === "connecting" || phase === "catching-up" || phase === "refused") return null;
  if (filter !== "") return <Empty title={`Nothing with “${filter}”`} text="New events that have it show up here." />;
  if (ended) return <Empty title="This topic has ended" text="Nothing is held of it, and nothing more will come." />;

  const topic = name === EVERY_TOPIC || findTopicFault(name) !== undefined ? "orders/42" : name;
  return (
    <div className="empty">
      <span className="pulse" aria-hidden="true" />
      <h2>Waiting for the next event</h2>
      <p>{name === EVERY_TOPIC ? "Choose a topic to see its history." : `Nothing to show yet of ${name}.`}</p>
      <Snippet
        title="Publish in a terminal"
        code={toPublishCurl(root, { topic, event: "", data: '{"total":9}' }, token)}
      />
      <Snippet title="Listen in another" code={toListenCurl(root, name, token)} />
    </div>
  );
}

function Empty({ title, text }: { title: string; text: string }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}
