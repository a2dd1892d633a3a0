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

/** `14:03:59`, local. */
export function formatClock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2)).join(":");
}

/** How long, in its two largest units, from seconds: `12 s`, `3 min 20 s`, `4 h 2 min`, `12 d 3 h`. */
export function formatDuration(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const parts: string[] = [];
  let rest = Math.floor(seconds);
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || (size === 1 && parts.length === 0)) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** A number a second: `0`, `0.4`, `12`, `12,345`, `1.2M`. */
export function formatRate(rate: number): string {
  return rate > 0 && rate < 10 && !Number.isInteger(rate) ? rate.toFixed(1) : formatCount(Math.round(rate));
}

/** `0.4 ms`, `12 ms`, `1.2 s`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** `24 B`, `1.5 KiB`, `312 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${["", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
