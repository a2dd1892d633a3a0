import { type KeyboardEvent, useId, useState } from "react";
import { HubError } from "../model/api.ts";
import { toListenCurl, toPublishCurl } from "../model/curl.ts";
import { findTopicFault, isPattern } from "../model/topics.ts";
import { DataHint } from "./DataHint.tsx";
import { Snippet } from "./Snippet.tsx";
import { usePage, useReadable } from "./use-page.ts";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What became of the last publication. */
type Result =
  | { kind: "published"; id: string; topic: string }
  | { kind: "failed"; text: string; field?: string | undefined };

/** Publishes an event, and shows the command that would. */
export function PublishForm() {
  const page = usePage();
  const selected = useReadable(page.selection);
  const [topic, setTopic] = useTopic(selected);
  const [event, setEvent] = useState("");
  const [data, setData] = useState('{ "total": 9 }');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result>();
  const id = useId();
  const draft = { topic, event, data };
  const faulty = result?.kind === "failed" ? result.field : undefined;

  async function publish(): Promise<void> {
    // Enter twice must not publish twice.
    if (busy) return;
    const fault = findTopicFault(topic);
    if (fault !== undefined) {
      setResult({ kind: "failed", text: fault, field: "topic" });
      return;
    }
    setBusy(true);
    try {
      setResult({ kind: "published", ...(await page.publish(draft)) });
    } catch (error) {
      const field = error instanceof HubError ? error.field : undefined;
      setResult({ kind: "failed", text: error instanceof Error ? error.message : String(error), field });
    }
    setBusy(false);
  }

  function publishByKey(key: KeyboardEvent): void {
    if (key.key !== "Enter" || !(key.ctrlKey || key.metaKey)) return;
    key.preventDefault();
    void publish();
  }

  return (
    <section className="publish panel" aria-labelledby={`${id}title`}>
      <div className="panel-head">
        <h2 id={`${id}title`}>Publish</h2>
      </div>
      <div className="publish-scroll">
        <form
          noValidate
          onKeyDown={publishByKey}
          onSubmit={(submit) => {
            submit.preventDefault();
            void publish();
          }}
        >
          <label htmlFor={`${id}topic`}>Topic</label>
          <input
            id={`${id}topic`}
            value={topic}
            onChange={(change) => setTopic(change.target.value)}
            placeholder="orders/42"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            aria-invalid={faulty === "topic" || undefined}
            aria-describedby={`${id}result`}
          />
          <label htmlFor={`${id}event`}>
            Event name <small>optional</small>
          </label>
          <input
            id={`${id}event`}
            value={event}
            onChange={(change) => setEvent(change.target.value)}
            placeholder="message"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            aria-invalid={faulty === "event" || undefined}
          />
          <div className="label-row">
            <label htmlFor={`${id}data`}>Data</label>
            <DataHint id={`${id}hint`} data={data} />
          </div>
          <textarea
            id={`${id}data`}
            value={data}
            onChange={(change) => setData(change.target.value)}
            rows={6}
            spellCheck={false}
            autoCapitalize="none"
            aria-invalid={faulty === "data" || undefined}
            aria-describedby={`${id}hint`}
          />
          <button type="submit" className="primary" aria-disabled={busy}>
            Publish <kbd>{MAC ? "⌘ ↵" : "Ctrl ↵"}</kbd>
          </button>
          <output className="result" id={`${id}result`} data-kind={result?.kind}>
            <ResultText result={result} />
          </output>
        </form>
        <Snippet title="The same with curl" command={toPublishCurl(page.root, draft)} />
        <Snippet title="Listen with curl" command={toListenCurl(page.root, topic === "" ? selected : topic)} />
      </div>
    </section>
  );
}

/** The topic follows the selection until one types another; choosing again in the list wins again. */
function useTopic(selected: string): [string, (topic: string) => void] {
  const [topic, setTopic] = useState(isPattern(selected) ? "orders/42" : selected);
  const [followed, setFollowed] = useState(selected);
  if (followed !== selected) {
    setFollowed(selected);
    if (!isPattern(selected)) setTopic(selected);
  }
  return [topic, setTopic];
}

function ResultText({ result }: { result: Result | undefined }) {
  if (result === undefined) return null;
  if (result.kind === "failed") return result.text;
  return (
    <>
      Published as <code>{result.id}</code>
    </>
  );
}
