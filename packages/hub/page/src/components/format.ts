const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });

/** `12,345`. */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** `12,345` up to five digits, then `1.2M`: a width that holds still. */
export function formatCount(value: number): string {
  return value < 100_000 ? NUMBER.format(value) : COMPACT.format(value);
}

/** `1 event`, `12 events`. */
export function formatEvents(count: number): string {
  return `${formatNumber(count)} ${count === 1 ? "event" : "events"}`;
}

/** `14:03:59.120`, local; for a day that is not today `Nov 19 14:03:59`. Both in milliseconds since 1970. */
export function formatTime(time: number, now: number): string {
  const date = new Date(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2)).join(":");
  if (date.toDateString() === new Date(now).toDateString()) return `${clock}.${pad(date.getMilliseconds(), 3)}`;
  return `${DAY.format(date)} ${clock}`;
}

/** How long ago, in one short word: `now`, `12s`, `5m`, `3h`, `2d`. */
export function formatAge(time: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - time) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `24 bytes`, `1.5 KiB`, of UTF-8. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
