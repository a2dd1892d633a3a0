import { Dialog } from "../parts/Dialog.tsx";
import { SHORTCUTS } from "./use-shortcuts.ts";

/** The list of keys. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={does}>
            <dt>{does}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
        <div>
          <dt>Publish what was typed</dt>
          <dd>
            <kbd>Ctrl</kbd>
            <kbd>Enter</kbd>
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}
