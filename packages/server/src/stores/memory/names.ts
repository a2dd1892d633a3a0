/** Topic names in order, for listings. */
export class Names {
  #sorted: string[] = [];
  readonly #added = new Set<string>();
  #removed = false;
  readonly #isCurrent: (name: string) => boolean;

  constructor(isCurrent: (name: string) => boolean) {
    this.#isCurrent = isCurrent;
  }

  add(name: string): void {
    this.#added.add(name);
  }

  /** What is in the sorted part already is left out when it is sorted next. */
  remove(name: string): void {
    if (!this.#added.delete(name)) this.#removed = true;
  }

  /** Those after `after`, in order, at most `limit`. */
  after(after: string | undefined, limit: number): readonly string[] {
    this.#sort();
    let low = 0;
    let high = after === undefined ? 0 : this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNames(this.#sorted[middle] as string, after as string) > 0) high = middle;
      else low = middle + 1;
    }
    return this.#sorted.slice(low, low + limit);
  }

  /**
   * Sorting is left to the moment somebody asks, and only the new names cost: JavaScript's sort merges runs that are in
   * order already, so that a hundred thousand known names are passed over, not sorted again.
   */
  #sort(): void {
    if (this.#added.size === 0 && !this.#removed) return;
    const known = this.#sorted.filter(this.#isCurrent);
    const added = [...this.#added].sort(compareNames);
    this.#added.clear();
    this.#removed = false;
    this.#sorted = [...new Set([...known, ...added].sort(compareNames))];
  }
}

/** Compares as the bytes of UTF-8 would: UTF-16, which JavaScript compares, puts U+1F600 before U+FFFD. */
function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(at) === b.charCodeAt(at)) continue;
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    const difference = Number(isSurrogate(left)) - Number(isSurrogate(right));
    return difference === 0 ? left - right : difference;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
