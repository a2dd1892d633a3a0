import { createPoll, type Poll } from "./poll.ts";

/** What a search gave. */
export interface Found<T> {
  /** What was searched for: a search that has not been answered yet still shows the one before. */
  readonly search: string;
  readonly listing: T;
}

/** A list of the hub's that can be searched. */
export interface Directory<T> extends Poll<Found<T>> {
  /** Searches, now. */
  search(text: string): void;
}

/** @param list asks the hub; an empty search gives all */
export function createDirectory<T>(list: (search: string) => Promise<T>): Directory<T> {
  let search = "";
  const poll = createPoll(async (): Promise<Found<T>> => {
    const wanted = search;
    return { search: wanted, listing: await list(wanted) };
  });
  return {
    ...poll,
    search(text) {
      if (text === search) return;
      search = text;
      poll.refresh();
    },
  };
}
