import { TidingsError } from "../errors.ts";
import type { Limits } from "./types.ts";

/** Whom a place is taken for. */
export interface Holder {
  readonly subject: string | undefined;
  readonly address: string | undefined;
}

/**
 * How many connections there are, in all, of one subject and from one address. A place is taken when a reader is admitted,
 * before its history is looked up, so that readers who come together are not too many.
 */
export class Places {
  readonly #limits: Required<Limits>;
  readonly #bySubject = new Map<string, number>();
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(limits: Required<Limits>) {
    this.#limits = limits;
  }

  /** Takes a place, which {@link giveBack} frees. @throws TidingsError `too_many_connections` */
  take({ subject, address }: Holder): void {
    const { connections, connectionsPerSubject, connectionsPerAddress } = this.#limits;
    if (this.#taken >= connections) throw tooMany(`The hub holds ${connections} connections, as many as it may.`);
    const ofSubject = held(this.#bySubject, subject);
    if (ofSubject >= connectionsPerSubject) {
      throw tooMany(`You hold ${ofSubject} connections, as many as you may. Close one.`);
    }
    const fromAddress = held(this.#byAddress, address);
    if (fromAddress >= connectionsPerAddress) {
      throw tooMany(`Your address holds ${fromAddress} connections, as many as it may. Close one.`);
    }
    this.#taken++;
    if (subject !== undefined) this.#bySubject.set(subject, ofSubject + 1);
    // Without a limit, there is nothing to remember addresses for.
    if (address !== undefined && connectionsPerAddress < Number.POSITIVE_INFINITY) {
      this.#byAddress.set(address, fromAddress + 1);
    }
  }

  giveBack({ subject, address }: Holder): void {
    this.#taken--;
    release(this.#bySubject, subject);
    release(this.#byAddress, address);
  }
}

function held(counts: ReadonlyMap<string, number>, who: string | undefined): number {
  return who === undefined ? 0 : (counts.get(who) ?? 0);
}

function release(counts: Map<string, number>, who: string | undefined): void {
  if (who === undefined) return;
  const left = held(counts, who) - 1;
  if (left > 0) counts.set(who, left);
  else counts.delete(who);
}

function tooMany(sentence: string): TidingsError {
  return new TidingsError("too_many_connections", sentence, { retryAfter: 30 });
}
