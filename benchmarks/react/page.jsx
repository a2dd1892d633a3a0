// What is measured, each by its name after `#`: a list of the newest 100 events, as ours and as one writes it by oneself.

import { TidingsProvider, useTopic } from "@tidings/react";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const LIMIT = 100;
const counts = { events: 0, gaps: 0, renders: 0, frames: 0, long: 0 };
window.counts = counts;

/** The page fell so far behind that the hub no longer held what it was to be sent. */
function countGap() {
  counts.gaps++;
}

function Rows({ events }) {
  useEffect(() => {
    counts.renders++;
  });
  return (
    <ul>
      {events.map(({ id, data }) => (
        <li key={id}>
          {id} {data.n} {data.text}
        </li>
      ))}
    </ul>
  );
}

function Ours() {
  const events = useTopic("ticks", { limit: LIMIT, onGap: countGap });
  counts.events = (events.at(-1)?.data.n ?? -1) + 1;
  return <Rows events={events} />;
}

function Naive() {
  const [events, setEvents] = useState([]);
  useEffect(() => {
    const source = new EventSource("/events?topic=ticks");
    source.onmessage = ({ lastEventId, data }) => {
      const event = { id: lastEventId, data: JSON.parse(data) };
      counts.events = event.data.n + 1;
      setEvents((events) => [...events, event].slice(-LIMIT));
    };
    source.addEventListener("tidings:gap", countGap);
    return () => source.close();
  }, []);
  return <Rows events={events} />;
}

let last = performance.now();
requestAnimationFrame(function frame(now) {
  counts.frames++;
  if (now - last > 50) counts.long++;
  last = now;
  requestAnimationFrame(frame);
});

const root = createRoot(document.querySelector("#root"));
if (location.hash === "#naive") root.render(<Naive />);
else {
  root.render(
    <TidingsProvider url="/events">
      <Ours />
    </TidingsProvider>,
  );
}
