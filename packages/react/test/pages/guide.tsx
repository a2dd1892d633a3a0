// What README and guide show, and `guide.test.ts` runs.

import type { StreamEvent } from "@tidings/client";
import { loadTopic } from "@tidings/client/store";
import { TidingsProvider, useConnection, useEventEffect, useEventSource, useLatest, useTopic } from "@tidings/react";
import type { ReactNode } from "react";

interface Message {
  readonly text: string;
}

interface Order {
  readonly total: number;
}

function notify(message: Message): void {
  document.title = message.text;
}

// #region provider
export function App(): ReactNode {
  return (
    <TidingsProvider url="/events">
      <Messages />
      <Price />
    </TidingsProvider>
  );
}
// #endregion provider

// #region topic
export function Messages(): ReactNode {
  const messages = useTopic<Message>("news", { last: 20, limit: 100 });
  return messages.map(({ id, data }) => <li key={id}>{data.text}</li>);
}
// #endregion topic

// #region latest
export function Price(): ReactNode {
  const price = useLatest<number>("prices/ACME");
  return <p id="price">{price}</p>;
}
// #endregion latest

// #region effect
export function Notifications(): ReactNode {
  useEventEffect<Message>("notices/**", ({ data }) => notify(data));
  return null;
}
// #endregion effect

// #region connection
export function Banner(): ReactNode {
  const { status, error, restart } = useConnection();
  if (status === "open") return null;
  if (status !== "closed") return <p id="banner">Connecting…</p>;
  return (
    <p id="banner">
      {error?.message ?? "That was all."}{" "}
      <button type="button" onClick={restart}>
        Try again
      </button>
    </p>
  );
}
// #endregion connection

// #region source
export function Clients(): ReactNode {
  const { data, status } = useEventSource<string>("/addClient");
  return (
    <p id="client">
      {status}: {data}
    </p>
  );
}
// #endregion source

// #region reduce
export function Turnover(): ReactNode {
  const turnover = useTopic("orders/*", {
    initial: 0,
    reduce: (sum: number, { data }: StreamEvent<Order>) => sum + data.total,
  });
  return <p id="turnover">{turnover}</p>;
}
// #endregion reduce

// #region gap
export function Feed(): ReactNode {
  const events = useTopic<Message>("news", {
    onGap: () => loadTopic<Message>("/events", "news", { last: 50 }),
  });
  return <p id="feed">{events.length}</p>;
}
// #endregion gap

// #region seeded
/** On the server: `const news = await loadTopic<Message>("http://localhost:4400/events", "news", { last: 20 })`. */
export function News({ news }: { news: { initial: readonly StreamEvent<Message>[]; lastEventId: string } }): ReactNode {
  const messages = useTopic<Message>("news", news);
  return messages.map(({ id, data }) => <li key={id}>{data.text}</li>);
}
// #endregion seeded
