import { useEffect, useState } from "react";

/** Milliseconds that "Copied" stays. */
const NOTICE = 1_500;

/** Copies `text`, and says whether that worked: the clipboard is closed to pages on plain HTTP beyond this machine. */
export function CopyButton({ text, label = "Copy" }: { text: string | (() => string); label?: string }) {
  const [result, setResult] = useState<"Copied" | "Not allowed">();

  useEffect(() => {
    if (result === undefined) return;
    const timer = setTimeout(() => setResult(undefined), NOTICE);
    return () => clearTimeout(timer);
  }, [result]);

  async function copy(): Promise<void> {
    // Undefined, against its type, where the page is not a secure context.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    const copied = await clipboard?.writeText(typeof text === "string" ? text : text()).then(
      () => true,
      () => false,
    );
    setResult(copied ? "Copied" : "Not allowed");
  }

  return (
    <button type="button" className="copy" onClick={() => void copy()} aria-live="polite">
      <span data-shown={result === undefined || undefined}>{label}</span>
      <span data-shown={result !== undefined || undefined}>{result ?? ""}</span>
    </button>
  );
}
