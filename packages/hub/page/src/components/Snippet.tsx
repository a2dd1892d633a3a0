import { CopyButton } from "./CopyButton.tsx";

/** A command to paste. */
export function Snippet({ title, command }: { title: string; command: string }) {
  return (
    <figure className="snippet">
      <figcaption>
        <span>{title}</span>
        <CopyButton text={command} />
      </figcaption>
      <pre>
        <code>{command}</code>
      </pre>
    </figure>
  );
}
