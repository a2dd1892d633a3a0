/** What a measurement does. */
export interface Plan {
  /** The hub, without a slash at the end. */
  readonly url: string;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly readers: number;
  /** Readers and events are spread over so many topics. */
  readonly topics: number;
  /** Events a second, of all topics. */
  readonly rate: number;
  /** Milliseconds of publishing. */
  readonly duration: number;
  /** Bytes of the data of each event. */
  readonly bytes: number;
}

/** The topics of a run are its own, so that two runs, or an old one's history, are not taken for each other. */
export function toTopics({ topics }: Plan): readonly string[] {
  const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 36 ** 4).toString(36)}`;
  return Array.from({ length: topics }, (_, at) => `bench/${run}/${at}`);
}

/** The data of an event: its number, when it was made (milliseconds of this process's clock), and what fills it up. */
export function toData(number: number, at: number, bytes: number): string {
  return `${number} ${at.toFixed(3)} `.padEnd(bytes, "x");
}

/** The number and the time in an event's data; undefined if it is none of ours. */
export function readData(data: string): { number: number; at: number } | undefined {
  const first = data.indexOf(" ");
  const second = data.indexOf(" ", first + 1);
  const number = Number(data.slice(0, first));
  const at = Number(data.slice(first + 1, second));
  return first > 0 && second > 0 && Number.isInteger(number) && number >= 0 && at > 0 ? { number, at } : undefined;
}
