import { KEY_LIFETIME } from "../shared/bounds.ts";
import type { NewKey, Remembered } from "../shared/plan.ts";

/** Idempotency keys per topic, forgotten after 24 hours, and the oldest first when there are too many. */
export class Keys {
  /** Keys dropped before their time. */
  dropped = 0;
  readonly #bound: number;
  /** By {@link toName}, in the order of insertion, which is that of time. */
  readonly #remembered = new Map<string, NewKey>();
  readonly #names = new Map<string, Set<string>>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  get(topic: string, key: string, now: number): Remembered | undefined {
    const remembered = this.#remembered.get(toName(topic, key));
    return remembered === undefined || isExpired(remembered, now) ? undefined : remembered;
  }

  add(added: NewKey): void {
    const { topic } = added;
    const name = toName(topic, added.key);
    // One that has expired makes room first: a key set anew is young, and must not keep the place of an old one.
    this.#forget(name);
    this.#remembered.set(name, added);
    const names = this.#names.get(topic);
    if (names === undefined) this.#names.set(topic, new Set([name]));
    else names.add(name);
    if (this.#remembered.size <= this.#bound) return;
    for (const oldest of this.#remembered.keys()) {
      this.#forget(oldest);
      this.dropped++;
      break;
    }
  }

  /** Whether there was any. */
  forgetTopic(topic: string): boolean {
    const names = this.#names.get(topic);
    if (names === undefined) return false;
    for (const name of names) this.#remembered.delete(name);
    this.#names.delete(topic);
    return true;
  }

  expire(now: number): void {
    for (const [name, remembered] of this.#remembered) {
      if (!isExpired(remembered, now)) return;
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    const remembered = this.#remembered.get(name);
    if (remembered === undefined) return;
    this.#remembered.delete(name);
    const names = this.#names.get(remembered.topic);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(remembered.topic);
  }
}

function isExpired(remembered: Remembered, now: number): boolean {
  return now - remembered.time >= KEY_LIFETIME;
}

/** A topic has no control characters, so NUL parts the two without doubt. */
function toName(topic: string, key: string): string {
  return `${topic}\0${key}`;
}
