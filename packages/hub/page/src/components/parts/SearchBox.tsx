import type { KeyboardEventHandler } from "react";

/** A field that the key `/` leads to. */
export function SearchBox(props: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  onKeyDown?: KeyboardEventHandler<HTMLInputElement>;
}) {
  const { label, placeholder, value, onChange, onKeyDown } = props;
  return (
    <search className="search">
      <input
        type="search"
        data-shortcut="/"
        aria-label={label}
        placeholder={placeholder}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <kbd>/</kbd>
    </search>
  );
}
