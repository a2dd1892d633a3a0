/** Lines on a grid of 16, drawn in the colour of the text around them. */
const PATHS = {
  overview: "M2 9.5h2.5L6.5 4l3 8 2-4.5H14",
  topics: "M2.5 4h11M2.5 8h11M2.5 12h7",
  connections: "M8 3v4M8 7 3.5 12M8 7l4.5 5M8 3h.01M3.5 12h.01M12.5 12h.01",
  inspector: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4ZM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2Z",
  try: "m5.5 5-3 3 3 3M10.5 5l3 3-3 3",
  light:
    "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  dark: "M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6Z",
  system: "M2.5 3.5h11v7h-11zM6 13h4",
  keys: "M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M11.7 7h.01M5 9.3h6",
  leave: "M6.5 2.5h-4v11h4M7 8h6.5M11 5.5 13.5 8 11 10.5",
  more: "M4 8h.01M8 8h.01M12 8h.01",
  close: "m4 4 8 8M12 4l-8 8",
  back: "M9.5 3.5 5 8l4.5 4.5",
} as const;

/** A picture beside a word, or in a button that has a name: never the only thing that says what it is. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
