import { type FormEvent, useId, useState } from "react";
import type { RawRequest } from "../../model/inspection.ts";

/** What to ask for. */
export function InspectorForm(props: {
  name: string;
  isOpen: boolean;
  onStart: (request: RawRequest) => void;
  onStop: () => void;
}) {
  const { name, isOpen, onStart, onStop } = props;
  const [request, setRequest] = useState<RawRequest>({
    topic: name || "**",
    last: "3",
    from: "",
    lastEventId: "",
    heartbeat: false,
  });
  const id = useId();
  const change = (part: Partial<RawRequest>): void => setRequest({ ...request, ...part });

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isOpen) onStop();
    else onStart(request);
  }

  const fields = [
    { key: "topic", label: "Topic or pattern", placeholder: "orders/**" },
    { key: "last", label: "last", placeholder: "none" },
    { key: "from", label: "from", placeholder: "earliest, or a time" },
    { key: "lastEventId", label: "Last-Event-ID", placeholder: "none" },
  ] as const;

  return (
    <form className="card inspector-form" onSubmit={submit}>
      {fields.map(({ key, label, placeholder }) => (
        <div className="field" key={key} data-field={key}>
          <label htmlFor={id + key}>{label}</label>
          <input
            id={id + key}
            value={request[key]}
            placeholder={placeholder}
            onChange={(event) => change({ [key]: event.target.value })}
            inputMode={key === "last" ? "numeric" : undefined}
            data-shortcut={key === "topic" ? "/" : undefined}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
        </div>
      ))}
      <label className="check" title="Heartbeats as events that EventSource sees">
        <input
          type="checkbox"
          checked={request.heartbeat}
          onChange={(event) => change({ heartbeat: event.target.checked })}
        />
        heartbeat=event
      </label>
      <button type="submit" className={isOpen ? "button" : "primary"}>
        {isOpen ? "Disconnect" : "Connect"}
      </button>
    </form>
  );
}
