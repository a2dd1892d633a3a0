import { useState } from "react";
import type { TopicSummary } from "../../model/api.ts";
import { Confirm } from "../parts/Confirm.tsx";
import { formatEvents } from "../parts/format.ts";
import { usePage } from "../parts/use-page.ts";

/** What cannot be taken back, each behind a question. */
export function TopicActions(props: { topic: string; summary: TopicSummary | undefined; onForgotten: () => void }) {
  const { topic, summary, onForgotten } = props;
  const { api, topics } = usePage();
  const [asking, setAsking] = useState<"end" | "forget">();
  const close = (): void => setAsking(undefined);

  return (
    <section className="topic-actions" aria-label="End or forget">
      <button
        type="button"
        className="quiet"
        disabled={summary?.ended === true}
        onClick={() => setAsking("end")}
        title="Nothing more can be published to it"
      >
        End topic…
      </button>
      <button
        type="button"
        className="quiet danger"
        disabled={summary === undefined}
        onClick={() => setAsking("forget")}
        title="Its history is deleted"
      >
        Forget…
      </button>
      {asking === "end" && (
        <Confirm
          title="End this topic?"
          action="End topic"
          onClose={close}
          onConfirm={async () => {
            await api.end(topic);
            topics.refresh();
          }}
        >
          <p>
            Readers of <code>{topic}</code> get what they have not had yet, are told that it has ended, and do not come
            back. Publishing to it is refused until it is forgotten.
          </p>
        </Confirm>
      )}
      {asking === "forget" && (
        <Confirm
          title="Forget this topic?"
          action="Forget"
          onClose={close}
          onConfirm={async () => {
            await api.forget(topic);
            onForgotten();
            topics.refresh();
          }}
        >
          <p>
            {formatEvents(summary?.count ?? 0)} of <code>{topic}</code> are deleted for good. Readers that have not had
            them are told of a gap.
          </p>
        </Confirm>
      )}
    </section>
  );
}
