import { type ReactNode, useState } from "react";
import { Dialog } from "./Dialog.tsx";

/** What a question takes. */
export interface ConfirmProps {
  readonly title: string;
  /** What the button that does it says. */
  readonly action: string;
  /** May throw: the dialog stays, and says why. */
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, action, onConfirm, onClose, children }: ConfirmProps) {
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function confirm(): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <div className="confirm">{children}</div>
      <p className="fault" role="alert">
        {fault}
      </p>
      <footer>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="primary danger" aria-disabled={busy} onClick={() => void confirm()}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
