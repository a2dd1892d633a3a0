// What the suites look at in a browser, each by its name after `#`. Built anew for each React.

import type { StreamEvent } from "@tidings/client";
import { loadTopic } from "@tidings/client/store";
import { TidingsProvider, useConnection, useEventEffect, useEventSource, useLatest, useTopic } from "@tidings/react";
import { type ReactNode, StrictMode, useEffect, useReducer, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { App, Banner, Clients, Feed, Notifications, Turnover } from "./guide.tsx";
import { Seeded, type SeededProps } from "./seeded.tsx";

declare global {
  interface Window {
    counts: Record<string, number>;
    seed?: SeededProps;
    handled: unknown[];
    /** Renders with these parameters. */
    show: (parameters: Parameters) => void;
  }
}

interface Parameters {
  readonly url?: string;
  readonly topic?: string | null;
  readonly topics?: readonly string[];
  readonly identity?: string;
  readonly token?: string;
}

window.counts = {};
window.handled = [];

function count(name: string): void {
  window.counts[name] = (window.counts[name] ?? 0) + 1;
}

function texts(events: readonly StreamEvent[]): string {
  return events.map(({ data }) => String(data)).join(" ");
}

function List({ topic, id = "list", limit }: { topic: string; id?: string; limit?: number }): ReactNode {
  count(`renders of ${id}`);
  return <p id={id}>{texts(useTopic(topic, { limit }))}</p>;
}

function Status(): ReactNode {
  const { status, live, error, gap, restart } = useConnection();
  return (
    <>
      <p id="status">{status}</p>
      <p id="live">{String(live)}</p>
      <p id="error">{error?.code}</p>
      <p id="gap">{gap?.reason}</p>
      <button id="restart" type="button" onClick={restart} />
    </>
  );
}

/** A button for each part, which mounts it or takes it away. */
function Parts({ parts, shown = [] }: { parts: Record<string, ReactNode>; shown?: readonly string[] }): ReactNode {
  const [visible, setVisible] = useState<readonly string[]>(shown);
  return Object.entries(parts).map(([name, part]) => (
    <div key={name}>
      <button
        id={`toggle-${name}`}
        type="button"
        onClick={() => setVisible((now) => (now.includes(name) ? now.filter((each) => each !== name) : [...now, name]))}
      />
      {visible.includes(name) && part}
    </div>
  ));
}

/** Renders a thousand times, each in a task of its own, so that React puts no two together. */
async function often(again: () => void): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  for (let n = 0; n < 1_000; n++) {
    again();
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
  }
}

/** Everything inline: new options and functions with every render. */
function Inline(): ReactNode {
  const [rendered, again] = useReducer((n: number) => n + 1, 0);
  const list = useTopic<string>("news", { limit: 1 + 2, onGap: () => {} });
  const length = useTopic("news", { initial: 0, reduce: (n: number) => n + 1 });
  const latest = useLatest<string>("news", { onGap: () => undefined });
  useEventEffect<string>("news", (event) => window.handled.push([event.data, rendered]));
  const source = useEventSource<string>("/events?topic=news", {
    topics: ["news"],
    headers: { "x-rendered": String(rendered) },
    onEvent: () => {},
  });
  useEffect(() => void often(again), []);
  return (
    <>
      <p id="rendered">{rendered}</p>
      <p id="list">{texts(list)}</p>
      <p id="length">{length}</p>
      <p id="latest">{latest}</p>
      <p id="data">{source.data}</p>
      <button id="again" type="button" onClick={again} />
    </>
  );
}

function InlineProvider(): ReactNode {
  const [rendered, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => void often(again), []);
  return (
    <TidingsProvider
      url={new URL("/events", location.href)}
      headers={() => ({ authorization: `Bearer ${rendered}` })}
      onError={() => count("errors")}
    >
      <Inline />
    </TidingsProvider>
  );
}

function Parametrized(): ReactNode {
  const [{ url = "/events", topic = "a", topics = ["a"], identity = "", token = "" }, setParameters] =
    useState<Parameters>({});
  window.show = setParameters;
  return (
    <TidingsProvider url={url} identity={identity} headers={{ authorization: token }}>
      <Status />
      <TopicOf topic={topic} />
      <SourceOf topics={topics} />
    </TidingsProvider>
  );
}

function TopicOf({ topic }: { topic: string | null }): ReactNode {
  return <p id="list">{texts(useTopic(topic, { initial: [event(`first of ${topic}`)] }))}</p>;
}

function SourceOf({ topics }: { topics: readonly string[] }): ReactNode {
  return (
    <p id="source">{texts(useEventSource(topics.length === 0 ? null : "/events", { topics: [...topics] }).events)}</p>
  );
}

function event(data: string): StreamEvent<string> {
  return { id: data, event: "message", topic: undefined, data };
}

function Reducing(): ReactNode {
  const sum = useTopic("numbers", {
    initial: 0,
    reduce(sum: number, { data }: StreamEvent<number>) {
      if (data < 0) throw new Error("below zero");
      return sum + data;
    },
  });
  return <p id="sum">{sum}</p>;
}

function Latest({ topic, id = "latest" }: { topic: string; id?: string }): ReactNode {
  return <p id={id}>{String(useLatest(topic))}</p>;
}

function Newest(): ReactNode {
  return <p id="newest">{texts(useTopic("news", { last: 2 }))}</p>;
}

function Mending(): ReactNode {
  const list = useTopic<string>("news", {
    onGap: async ({ reason }) => {
      window.handled.push(reason);
      return loadTopic<string>("/events", "news", { last: 2 });
    },
  });
  return <p id="mended">{texts(list)}</p>;
}

function Unmended(): ReactNode {
  return <p id="unmended">{texts(useTopic("news"))}</p>;
}

function Effect({ topic }: { topic: string }): ReactNode {
  count("renders of effect");
  useEventEffect(topic, ({ data }) => {
    window.handled.push(data);
    if (data === "bad") throw new Error("a handler failed");
  });
  return null;
}

function Source(): ReactNode {
  const { data, lastEvent, events, status, error, restart, close } = useEventSource<string>("/other", { limit: 3 });
  count("renders of source");
  return (
    <>
      <p id="data">{data}</p>
      <p id="id">{lastEvent?.id}</p>
      <p id="events">{texts(events)}</p>
      <p id="status">{status}</p>
      <p id="error">{error?.code}</p>
      <button id="restart" type="button" onClick={restart} />
      <button id="close" type="button" onClick={close} />
    </>
  );
}

function Post(): ReactNode {
  const { events, status } = useEventSource<string>("/post", { method: "POST", body: "prompt" });
  return (
    <>
      <p id="events">{texts(events)}</p>
      <p id="status">{status}</p>
    </>
  );
}

/** Counts its renders, and the frames that are drawn meanwhile. */
function Burst(): ReactNode {
  const list = useTopic<number>("ticks", { limit: 10 });
  const total = useTopic("ticks", { initial: 0, reduce: (n: number) => n + 1 });
  const latest = useTopic("ticks", { initial: -1, reduce: (_: number, { data }: StreamEvent<number>) => data });
  useEffect(() => count("renders of burst"));
  useEffect(() => {
    let frame = requestAnimationFrame(function next() {
      count("frames");
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  if (total !== latest + 1 || (list.at(-1)?.data ?? -1) !== latest) count("torn");
  return (
    <>
      <p id="total">{total}</p>
      <p id="list">{list.map(({ data }) => data).join(" ")}</p>
    </>
  );
}

const MANY = Array.from({ length: 50 }, (_, n) => String(n));

const inHub = (children: ReactNode): ReactNode => <TidingsProvider url="/events">{children}</TidingsProvider>;

const SCENARIOS = {
  inline: () => <InlineProvider />,
  parametrized: () => <Parametrized />,
  parts: () =>
    inHub(
      <>
        <Status />
        <Parts
          parts={{
            a: <List topic="a" id="a" />,
            b: <List topic="b" id="b" />,
            many: MANY.map((name) => <List key={name} topic={`m/${name}`} id={`m${name}`} />),
            pattern: <List topic="m/*" id="pattern" />,
            one: <List topic="m/1" id="one" />,
            limited: <List topic="a" id="limited" limit={2} />,
            latest: <Latest topic="a" />,
            latestB: <Latest topic="b" id="latestB" />,
            newest: <Newest />,
            mending: <Mending />,
            unmended: <Unmended />,
            effect: <Effect topic="a" />,
            reducing: <Reducing />,
            seeded: <Seeded {...(window.seed as SeededProps)} />,
          }}
        />
      </>,
    ),
  shared: () => (
    <TidingsProvider url="/events" share="tabs" identity="ada">
      <Status />
      <Parts
        parts={{
          a: <List topic="a" id="a" />,
          latestB: <Latest topic="b" id="latestB" />,
        }}
      />
    </TidingsProvider>
  ),
  strict: () => (
    <StrictMode>
      {inHub(
        <>
          <Status />
          <List topic="a" id="a" />
          <Latest topic="b" id="b" />
          <Effect topic="a" />
        </>,
      )}
    </StrictMode>
  ),
  strictSource: () => (
    <StrictMode>
      <Source />
    </StrictMode>
  ),
  source: () => <Parts parts={{ source: <Source /> }} shown={["source"]} />,
  post: () => (
    <StrictMode>
      <Parts parts={{ post: <Post /> }} shown={["post"]} />
    </StrictMode>
  ),
  burst: () => inHub(<Burst />),
  guide: () => (
    <>
      <App />
      <Clients />
      {inHub(
        <>
          <Notifications />
          <Banner />
          <Turnover />
          <Feed />
        </>,
      )}
    </>
  ),
  outside: () => <List topic="a" />,
} satisfies Record<string, () => ReactNode>;

export type Scenario = keyof typeof SCENARIOS | "hydrate";

const root = document.querySelector("#root") as HTMLElement;
const name = location.hash.slice(1) as Scenario;
if (name === "hydrate") {
  hydrateRoot(root, inHub(<Seeded {...(window.seed as SeededProps)} />), {
    onRecoverableError: (error) => console.error("mismatch", error),
  });
} else createRoot(root).render(SCENARIOS[name]());
