import { useState } from "react";
import { Header } from "./Header.tsx";
import { PublishForm } from "./PublishForm.tsx";
import { Tail } from "./Tail.tsx";
import { TopicList } from "./TopicList.tsx";

/** A part of the page that a narrow screen shows alone. A wide one shows all. */
type View = "topics" | "events" | "publish";

const VIEWS: readonly { view: View; label: string }[] = [
  { view: "topics", label: "Topics" },
  { view: "events", label: "Events" },
  { view: "publish", label: "Publish" },
];

/** The page. */
export function App() {
  const [view, setView] = useState<View>("events");
  return (
    <div className="shell" data-view={view}>
      <Header />
      <TopicList onSelect={() => setView("events")} />
      <Tail />
      <PublishForm />
      <nav className="views" aria-label="Parts of the page">
        {VIEWS.map((entry) => (
          <button
            key={entry.view}
            type="button"
            aria-current={entry.view === view ? "true" : undefined}
            onClick={() => setView(entry.view)}
          >
            {entry.label}
          </button>
        ))}
      </nav>
    </div>
  );
}
