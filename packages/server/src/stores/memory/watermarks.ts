import type { Offset } from "../../positions.ts";
import type { Subscription } from "../../topics.ts";

/** Up to where each topic was trimmed or deleted, for a bounded number of topics, and a floor for the others. */
export class Watermarks {
  /** Watermarks given up for the floor. */
  dropped = 0;
  readonly #bound: number;
  readonly #through = new Map<string, Offset>();
  #floor: Offset = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  of(topic: string): Offset {
    return Math.max(this.#floor, this.#through.get(topic) ?? 0);
  }

  raise(topic: string, through: Offset): void {
    if (through <= this.of(topic)) return;
    this.#through.set(topic, through);
    if (this.#through.size > this.#bound) this.#raiseFloor();
  }

  /** The highest of all topics that are wanted. */
  highest(filter: Subscription, matches: (topic: string) => boolean): Offset {
    let highest = this.#floor;
    for (const topic of filter.topics) highest = Math.max(highest, this.of(topic));
    if (filter.patterns.length === 0) return highest;
    for (const [topic, through] of this.#through) {
      if (through > highest && matches(topic)) highest = through;
    }
    return highest;
  }

  /** Gives up the lowest, which raises the floor least; a good part at once, since finding them means sorting. */
  #raiseFloor(): void {
    const lowest = [...this.#through].sort((a, b) => a[1] - b[1]).slice(0, Math.ceil(this.#through.size / 10));
    for (const [topic, through] of lowest) {
      this.#through.delete(topic);
      this.#floor = through;
    }
    this.dropped += lowest.length;
  }
}
