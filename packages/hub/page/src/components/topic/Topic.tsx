import { useState } from "react";
import { type TopicView, toHref } from "../../model/router.ts";
import { createTailFeed } from "../../model/tail-feed.ts";
import { EVERY_TOPIC, isPattern } from "../../model/topics.ts";
import { formatBytes, formatNumber } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { TopicName } from "../parts/TopicName.tsx";
import { usePage } from "../parts/use-page.ts";
import "./topic.css";
import "./tail.css";
import { History } from "./History.tsx";
import { PublishForm } from "./PublishForm.tsx";
import { Tail } from "./Tail.tsx";
import { TopicActions } from "./TopicActions.tsx";
import { useTopicSummary } from "./use-topic-summary.ts";

/** A topic, or what a pattern matches: what comes, what was, and what one can do to it. */
export default function Topic({ name, view }: { name: string; view: TopicView }) {
  const page = usePage();
  const [feed] = useState(() => createTailFeed(page.api, name));
  const summary = useTopicSummary(name);
  const [publishing, setPublishing] = useState(false);
  const pattern = isPattern(name);

  return (
    <main className="screen topic" data-publishing={publishing || undefined}>
      <header className="screen-head">
        <a className="tool" href="#/topics" aria-label="All topics" title="All topics">
          <Icon name="back" />
        </a>
        <h1 aria-label={name === EVERY_TOPIC ? "All topics" : name}>
          {name === EVERY_TOPIC ? "All topics" : <TopicName topic={name} />}
        </h1>
        {summary?.ended && <span className="badge">ended</span>}
        <p className="screen-facts">
          {summary && (
            <>
              <span>
                <b>{formatNumber(summary.count)}</b> held
              </span>
              <span>
                <b>{formatBytes(summary.bytes)}</b>
              </span>
              <a href={toHref({ screen: "connections", search: name })}>
                <b>{formatNumber(summary.readers)}</b> {summary.readers === 1 ? "reader" : "readers"}
              </a>
            </>
          )}
        </p>
        {!pattern && (
          <nav className="tabs" aria-label="Views of the topic">
            {(["live", "history"] as const).map((each) => (
              <a
                key={each}
                href={toHref({ screen: "topic", name, view: each })}
                aria-current={each === view ? "page" : undefined}
              >
                {each === "live" ? "Live" : "History"}
              </a>
            ))}
          </nav>
        )}
        <button
          type="button"
          className="button publish-toggle"
          aria-expanded={publishing}
          onClick={() => setPublishing(!publishing)}
        >
          {publishing ? "Events" : "Publish"}
        </button>
      </header>
      <div className="topic-columns">
        {view === "live" ? <Tail feed={feed} name={name} ended={summary?.ended === true} /> : <History topic={name} />}
        <div className="topic-side">
          <PublishForm name={name} />
          {!pattern && <TopicActions topic={name} summary={summary} onForgotten={feed.tail.clear} />}
        </div>
      </div>
    </main>
  );
}
