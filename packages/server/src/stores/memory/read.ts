import type { LatestRequest, Page, Publication, ReadRequest } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import type { Subscription } from "../../topics.ts";
import { toMatcher } from "../shared/matcher.ts";
import type { MemoryLog } from "./log.ts";
import type { Held, TopicLog } from "./topic-log.ts";

type Matches = (topic: string) => boolean;

/** A read looks at this many publications at most, which takes well under a millisecond, and says how far it came. */
const SCAN = 10_000;

/** Reads on from an offset: topics by merging what each holds, patterns by going over all. */
export function readLog(log: MemoryLog, { after, filter, limit, maxBytes }: ReadRequest): Page {
  const matches = toMatcher(filter.patterns);
  const onlyTopics = filter.patterns.length === 0;
  const candidates = onlyTopics ? mergeTopics(log, filter.topics, after) : log.order.after(after);
  const isWanted = onlyTopics ? () => true : toWanted(filter, matches);
  const publications: Publication[] = [];
  let bytes = 0;
  let scanned = 0;
  let scannedTo = Math.max(after, log.head);
  for (const held of candidates) {
    if (isWanted(held.log)) {
      if (publications.length >= limit || (publications.length > 0 && bytes + held.bytes > maxBytes)) {
        scannedTo = held.publication.offset - 1;
        break;
      }
      publications.push(held.publication);
      bytes += held.bytes;
    }
    if (++scanned === SCAN) {
      scannedTo = held.publication.offset;
      break;
    }
  }
  return toPage(log, filter, matches, publications, scannedTo);
}

/** The newest of each topic, in one order. */
export function readLatest(log: MemoryLog, request: LatestRequest): Page {
  const { filter, after, before = Number.POSITIVE_INFINITY, count, maxTopics, maxBytes } = request;
  const matches = toMatcher(filter.patterns);
  const chosen = filter.topics.flatMap((topic) => log.topics.get(topic) ?? []);
  const most = chosen.length + maxTopics;
  if (filter.patterns.length > 0) {
    for (const recent of log.recent) {
      if (recent.last <= after || chosen.length === most) break;
      if (recent.count > 0 && matches(recent.topic) && !filter.topics.includes(recent.topic)) chosen.push(recent);
    }
  }
  const publications: Publication[] = [];
  let bytes = 0;
  for (const held of chosen.flatMap((topic) => newest(topic, after, before, count)).sort(byNewest)) {
    bytes += held.bytes;
    if (publications.length > 0 && bytes > maxBytes) break;
    publications.push(held.publication);
  }
  publications.reverse();
  return toPage(log, filter, matches, publications, Math.max(after, Math.min(log.head, before - 1)));
}

interface Cursor {
  readonly log: TopicLog;
  index: number;
}

function* mergeTopics(log: MemoryLog, topics: readonly string[], after: Offset): Generator<Held> {
  const cursors: Cursor[] = topics
    .flatMap((topic) => log.topics.get(topic) ?? [])
    .map((each) => ({ log: each, index: each.indexAfter(after) }));
  for (let next = findNext(cursors); next !== undefined; next = findNext(cursors)) {
    yield next.log.at(next.index++) as Held;
  }
}

/** The cursor whose publication comes first. A connection has few topics, so looking at each is cheaper than a heap. */
function findNext(cursors: readonly Cursor[]): Cursor | undefined {
  let next: Cursor | undefined;
  let lowest = Infinity;
  for (const cursor of cursors) {
    const offset = cursor.log.at(cursor.index)?.publication.offset ?? Infinity;
    if (offset >= lowest) continue;
    lowest = offset;
    next = cursor;
  }
  return next;
}

/** Whether a topic is wanted, worked out once for each topic that a read comes across. */
function toWanted(filter: Subscription, matches: Matches): (log: TopicLog) => boolean {
  const topics = new Set(filter.topics);
  const known = new Map<TopicLog, boolean>();
  return (log) => {
    let wanted = known.get(log);
    if (wanted === undefined) {
      wanted = topics.has(log.topic) || matches(log.topic);
      known.set(log, wanted);
    }
    return wanted;
  };
}

function newest(log: TopicLog, after: Offset, before: Offset, count: number): Held[] {
  const held: Held[] = [];
  const end = log.indexAfter(before - 1);
  for (let index = Math.max(end - count, log.indexAfter(after)); index < end; index++) {
    held.push(log.at(index) as Held);
  }
  return held;
}

function byNewest(a: Held, b: Held): number {
  return b.publication.offset - a.publication.offset;
}

function toPage(
  log: MemoryLog,
  filter: Subscription,
  matches: Matches,
  publications: readonly Publication[],
  scannedTo: Offset,
): Page {
  const ended = new Map<string, Offset>();
  for (const topic of filter.topics) {
    const end = log.topics.get(topic)?.end;
    if (end !== undefined) ended.set(topic, end.offset);
  }
  return { publications, scannedTo, trimmedTo: log.watermarks.highest(filter, matches), ended };
}
