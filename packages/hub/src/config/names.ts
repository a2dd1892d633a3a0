/** The flag of a setting: `corsOrigin` is `--cors-origin`. */
export function toFlag(key: string): string {
  return `--${separate(key, "-")}`;
}

/** The environment variable of a setting: `corsOrigin` is `TIDINGS_CORS_ORIGIN`. */
export function toVariable(key: string): string {
  return `TIDINGS_${separate(key, "_").toUpperCase()}`;
}

/** A sentence that offers the nearest of the known names, or an empty text if none is near. */
export function suggest(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= Math.max(2, name.length / 4)
    ? ` Did you mean ${nearest.candidate}?`
    : "";
}

function separate(key: string, separator: string): string {
  return key.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase());
}

/** Insertions, deletions and substitutions between two words (Wagner and Fischer, one row at a time). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, substituted));
    }
    row = next;
  }
  return row[b.length] as number;
}
