import { type KeyboardEvent, useId, useState } from "react";
import { type Draft, toPublishCurl } from "../../model/curl.ts";
import { formatJson } from "../../model/format-data.ts";
import { HubError } from "../../model/hub-error.ts";
import { findTopicFault, isPattern } from "../../model/topics.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import { useShellToken } from "../parts/use-shell-token.ts";
import { DataHint } from "./DataHint.tsx";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What became of the last publication. */
type Result =
  | { kind: "published"; id: string; topic: string }
  | { kind: "failed"; text: string; field?: string | undefined };

/** Publishes an event, and shows the command that would. What was typed stays, also over a reload. */
export function PublishForm({ name }: { name: string }) {
  const { api, drafts, root, topics } = usePage();
  const token = useShellToken();
  const [draft, setDraft] = useState(() => drafts.get(name));
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result>();
  const id = useId();
  const { topic, event, data } = draft;
  const faulty = result?.kind === "failed" ? result.field : undefined;
  const formatted = formatJson(data);

  function change(part: Partial<Draft>): void {
    const next = { ...draft, ...part };
    setDraft(next);
    drafts.set(name, next);
  }

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
      setResult({ kind: "published", ...(await api.publish(draft)) });
      topics.refresh();
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
    <section className="publish card" aria-labelledby={`${id}title`}>
      <h2 id={`${id}title`}>Publish</h2>
      <form
        noValidate
        onKeyDown={publishByKey}
        onSubmit={(submit) => {
          submit.preventDefault();
          void publish();
        }}
      >
        {isPattern(name) && (
          <div className="field">
            <label htmlFor={`${id}topic`}>Topic</label>
            <input
              id={`${id}topic`}
              value={topic}
              onChange={(event) => change({ topic: event.target.value })}
              placeholder="orders/42"
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              aria-invalid={faulty === "topic" || undefined}
              aria-describedby={`${id}result`}
            />
          </div>
        )}
        <div className="field">
          <label htmlFor={`${id}event`}>
            Event name <small>optional</small>
          </label>
          <input
            id={`${id}event`}
            value={event}
            onChange={(event) => change({ event: event.target.value })}
            placeholder="message"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            aria-invalid={faulty === "event" || undefined}
          />
        </div>
        <div className="field">
          <div className="label-row">
            <label htmlFor={`${id}data`}>Data</label>
            <DataHint id={`${id}hint`} data={data} />
          </div>
          <textarea
            id={`${id}data`}
            data-shortcut="e"
            value={data}
            onChange={(event) => change({ data: event.target.value })}
            rows={8}
            spellCheck={false}
            autoCapitalize="none"
            aria-invalid={faulty === "data" || undefined}
            aria-describedby={`${id}hint`}
          />
        </div>
        <div className="publish-actions">
          <button type="submit" className="primary" aria-disabled={busy}>
            Publish <kbd>{MAC ? "⌘ ↵" : "Ctrl ↵"}</kbd>
          </button>
          <button
            type="button"
            className="quiet"
            disabled={formatted === undefined || formatted === data}
            onClick={() => change({ data: formatted ?? data })}
          >
            Format
          </button>
        </div>
        <output className="result" id={`${id}result`} data-kind={result?.kind}>
          <ResultText result={result} />
        </output>
      </form>
      <Snippet title="The same with curl" code={toPublishCurl(root, draft, token)} />
    </section>
  );
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
