import { Buffer } from "node:buffer";
import type { LatestRequest, Page, Publication, ReadRequest, TopicSummary } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import type { Subscription } from "../../topics.ts";
import { toMatcher } from "../shared/matcher.ts";
import type { Row } from "./driver.ts";
import type { Statements } from "./statements.ts";

/** A read looks at this many rows at most, of each topic or of all: some milliseconds, in which appends wait. */
const SCAN = 5_000;

/** How many topics are looked at in one go for those published to last. */
const RECENT = 1_000;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Where publications are that a read wants. */
interface Found {
  /** In order. */
  readonly places: readonly Place[];
  /** All that is wanted up to here is among them. */
  readonly scannedTo: Offset;
}

interface Place {
  readonly offset: Offset;
  readonly topic: string;
}

/** Reads on from an offset: each topic by its index, patterns by going over all. */
export function readLog(sql: Statements, { after, filter, maxBytes, ...request }: ReadRequest): Page {
  const limit = Math.min(request.limit, SCAN);
  const find = filter.patterns.length === 0 ? findByTopic : scan;
  const found = find(sql, filter, after, limit);
  const publications: Publication[] = [];
  let bytes = 0;
  let scannedTo = found.scannedTo;
  for (const place of found.places) {
    const row = publications.length < limit ? fetch(sql, place.offset) : undefined;
    const size = sizeOf(row);
    if (row === undefined || (publications.length > 0 && bytes + size > maxBytes)) {
      scannedTo = place.offset - 1;
      break;
    }
    publications.push(toPublication(row, place.topic));
    bytes += size;
  }
  return toPage(sql, filter, publications, scannedTo);
}

/** The newest of each topic, in one order. */
export function readLatest(sql: Statements, request: LatestRequest): Page {
  const { filter, after, before = Number.MAX_SAFE_INTEGER, count, maxTopics, maxBytes } = request;
  const places = [...filter.topics, ...findRecent(sql, filter, after, maxTopics)].flatMap((topic) => {
    const id = sql.topic.get(topic)?.id;
    if (id === undefined) return [];
    return toPlaces(sql.newestOfTopic.all(id, after, before, Math.min(count, SCAN)), topic);
  });
  const publications: Publication[] = [];
  let bytes = 0;
  for (const place of places.sort(byOffset).reverse()) {
    const row = fetch(sql, place.offset) as Row;
    bytes += sizeOf(row);
    if (publications.length > 0 && bytes > maxBytes) break;
    publications.push(toPublication(row, place.topic));
  }
  publications.reverse();
  return toPage(sql, filter, publications, Math.max(after, Math.min(readHead(sql), before - 1)));
}

/**
 * The last offset held from before `time`, or 0. By halving, which needs no index that every append would pay for;
 * times are taken to rise, as clocks by and large do.
 */
export function readOffsetBefore(sql: Statements, time: number): Offset {
  let before: Offset = 0;
  let low = 1;
  let high = readHead(sql) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = sql.nextHeld.get(middle);
    if (row !== undefined && (row.time as number) < time) {
      before = row.offset as Offset;
      low = before + 1;
    } else high = middle;
  }
  return before;
}

/** Topics in order of name. */
export function readTopics(sql: Statements, limit: number, after = ""): TopicSummary[] {
  return sql.topicsByName.all(after, limit).map((row) => {
    const held = row.first !== null && {
      first: row.first as Offset,
      last: row.last as Offset,
      lastTime: row.last_time as number,
    };
    return {
      topic: row.name as string,
      count: row.count as number,
      bytes: row.bytes as number,
      ...held,
      ended: row.end_offset !== null,
    };
  });
}

/** One more than the limit is enough, of each topic or of all: it shows whether there is more. */
function findByTopic(sql: Statements, filter: Subscription, after: Offset, limit: number): Found {
  const places = filter.topics.flatMap((topic) => {
    const id = sql.topic.get(topic)?.id;
    return id === undefined ? [] : toPlaces(sql.offsetsOfTopic.all(id, after, limit + 1), topic);
  });
  return { places: places.sort(byOffset), scannedTo: Math.max(after, readHead(sql)) };
}

function scan(sql: Statements, filter: Subscription, after: Offset, limit: number): Found {
  const matches = toMatcher(filter.patterns);
  const topics = new Set(filter.topics);
  const known = new Map<string, boolean>();
  const places: Place[] = [];
  let scanned = 0;
  let last: Offset = after;
  for (const row of sql.scan.iterate(after, SCAN)) {
    scanned++;
    last = row.offset as Offset;
    const topic = row.name as string | null;
    if (topic === null) continue; // of a deleted topic
    let wanted = known.get(topic);
    if (wanted === undefined) {
      wanted = topics.has(topic) || matches(topic);
      known.set(topic, wanted);
    }
    if (wanted) places.push({ offset: last, topic });
    if (places.length > limit) break;
  }
  const isEnd = scanned < SCAN && places.length <= limit;
  return { places, scannedTo: isEnd ? Math.max(after, readHead(sql)) : last };
}

/** The topics that match by pattern and not by name, those published to last first. */
function findRecent(sql: Statements, filter: Subscription, after: Offset, maxTopics: number): string[] {
  const recent: string[] = [];
  if (filter.patterns.length === 0) return recent;
  const matches = toMatcher(filter.patterns);
  for (let below = Number.MAX_SAFE_INTEGER; ; ) {
    const rows = sql.topicsByRecency.all(after, below, RECENT);
    for (const row of rows) {
      const topic = row.name as string;
      if (recent.length === maxTopics) return recent;
      if (matches(topic) && !filter.topics.includes(topic)) recent.push(topic);
    }
    if (rows.length < RECENT) return recent;
    below = rows.at(-1)?.last as Offset;
  }
}

function toPage(sql: Statements, filter: Subscription, publications: Publication[], scannedTo: Offset): Page {
  const ended = new Map<string, Offset>();
  for (const topic of filter.topics) {
    const offset = sql.topic.get(topic)?.end_offset ?? null;
    if (offset !== null) ended.set(topic, offset as Offset);
  }
  return { publications, scannedTo, trimmedTo: findTrimmedTo(sql, filter), ended };
}

function findTrimmedTo(sql: Statements, filter: Subscription): Offset {
  let highest = sql.log.get()?.floor as Offset;
  for (const topic of filter.topics) {
    highest = Math.max(highest, (sql.watermark.get(topic)?.through as Offset | undefined) ?? 0);
  }
  if (filter.patterns.length === 0) return highest;
  const matches = toMatcher(filter.patterns);
  for (const row of sql.watermarksAbove.iterate(highest)) {
    if (matches(row.topic as string)) return row.through as Offset;
  }
  return highest;
}

function readHead(sql: Statements): Offset {
  return sql.log.get()?.head as Offset;
}

function fetch(sql: Statements, offset: Offset): Row | undefined {
  return sql.publication.get(offset);
}

function sizeOf(row: Row | undefined): number {
  return row?.data instanceof Uint8Array ? row.data.byteLength : 0;
}

function toPublication(row: Row, topic: string): Publication {
  const publication: Writable<Publication> = {
    offset: row.offset as Offset,
    topic,
    time: row.time as number,
  };
  if (row.event !== null) publication.event = row.event as string;
  if (row.data !== null) publication.data = toText(row.data as Uint8Array);
  if (row.ends === 1) publication.end = true;
  return publication;
}

/** A Buffer's decoder, unlike `TextDecoder` as it comes, keeps a byte order mark at the start. */
function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function toPlaces(rows: readonly Row[], topic: string): Place[] {
  return rows.map((row) => ({ offset: row.offset as Offset, topic }));
}

function byOffset(a: Place, b: Place): number {
  return a.offset - b.offset;
}
