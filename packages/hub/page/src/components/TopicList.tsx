import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { TopicSummary } from "../model/api.ts";
import { toSelectionHref } from "../model/selection.ts";
import { EVERY_TOPIC, isPattern, toMatcher } from "../model/topics.ts";
import { formatAge, formatCount, formatEvents, formatNumber } from "./format.ts";
import { TopicName } from "./TopicName.tsx";
import { usePage, useReadable } from "./use-page.ts";

/** All topics the hub knows, with a search; choosing one listens to it. */
export function TopicList({ onSelect }: { onSelect: () => void }) {
  const page = usePage();
  const selected = useReadable(page.selection);
  const { listing, at } = useReadable(page.directory);
  const [search, setSearch] = useState("");
  const list = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useSearchKey(input);

  const topics = listing?.topics ?? [];
  const wanted = search.trim();
  const matches = isPattern(wanted) ? toMatcher(wanted) : (topic: string) => topic.includes(wanted);
  const shown = topics.filter(({ topic }) => matches(topic));

  function onKeyDown(event: KeyboardEvent): void {
    const links = [...(list.current?.querySelectorAll("a") ?? [])];
    const searching = event.target === input.current;
    if (event.key === "Enter" && searching) links[0]?.click();
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const to = links.indexOf(document.activeElement as HTMLAnchorElement) + step;
    if (to < 0) input.current?.focus();
    else links[to]?.focus();
  }

  return (
    <section className="topics panel" aria-label="Topics" onKeyDown={onKeyDown}>
      <div className="panel-head">
        <h2>Topics</h2>
        <span className="panel-count">
          {listing && `${formatNumber(topics.length)}${listing.truncated ? "+" : ""}`}
        </span>
      </div>
      <search className="search">
        <input
          ref={input}
          type="search"
          aria-label="Search topics, or give a pattern such as orders/**"
          placeholder="Search, or orders/**"
          spellCheck={false}
          autoComplete="off"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <kbd>/</kbd>
      </search>
      <nav className="topic-scroll" aria-label="Topics to listen to" ref={list}>
        {wanted === "" && (
          <TopicLink name={EVERY_TOPIC} selected={selected} onSelect={onSelect}>
            <span className="topic-every">All topics</span>
          </TopicLink>
        )}
        {isPattern(wanted) && (
          <TopicLink name={wanted} selected={selected} onSelect={onSelect}>
            <span className="topic-pattern">
              Listen to <code>{wanted}</code>
            </span>
          </TopicLink>
        )}
        {shown.map((summary) => (
          <TopicLink
            key={summary.topic}
            name={summary.topic}
            label={toLabel(summary)}
            selected={selected}
            onSelect={onSelect}
          >
            <TopicName topic={summary.topic} />
            <TopicFacts summary={summary} now={at} />
          </TopicLink>
        ))}
        {listing && shown.length === 0 && (
          <p className="topics-none">
            {topics.length === 0 ? "No topic yet. Publishing makes one." : "None like this."}
          </p>
        )}
        {listing?.truncated && <p className="topics-none">There are more. Give a pattern to listen to others.</p>}
      </nav>
    </section>
  );
}

interface TopicLinkProps {
  name: string;
  /** What is read out, where the parts of the text would not make a sentence. */
  label?: string;
  selected: string;
  onSelect: () => void;
  children: React.ReactNode;
}

function TopicLink({ name, label, selected, onSelect, children }: TopicLinkProps) {
  return (
    <a
      className="topic"
      href={toSelectionHref(name)}
      aria-label={label}
      aria-current={name === selected ? "true" : undefined}
      onClick={onSelect}
    >
      {children}
    </a>
  );
}

function TopicFacts({ summary, now }: { summary: TopicSummary; now: number }) {
  const { count, lastTime, ended } = summary;
  const age = lastTime === undefined ? "" : formatAge(lastTime, now);
  return (
    <span className="topic-facts">
      {ended && <span className="badge">ended</span>}
      <span title={`${formatNumber(count)} events held`}>{formatCount(count)}</span>
      <time className="topic-age" data-fresh={age === "now" || undefined} title={toTitle(lastTime)}>
        {age}
      </time>
    </span>
  );
}

function toLabel({ topic, count, ended }: TopicSummary): string {
  return `${topic}, ${formatEvents(count)}${ended ? ", ended" : ""}`;
}

function toTitle(time: number | undefined): string | undefined {
  return time === undefined ? undefined : `Last event: ${new Date(time).toLocaleString()}`;
}

/** "/" goes to the search, as on many pages with one, unless one is typing. */
function useSearchKey(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    function focusSearch(event: globalThis.KeyboardEvent): void {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    }
    document.addEventListener("keydown", focusSearch);
    return () => document.removeEventListener("keydown", focusSearch);
  }, [input]);
}
