import { TidingsError, toProblem } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { type Offset, resolvePosition, toId } from "../positions.ts";
import { toSubscription } from "../topics.ts";
import type { Audience } from "./audience.ts";
import { retryBlock } from "./blocks.ts";
import type { EncodedPage } from "./catch-up.ts";
import { type Bearer, resumesAfter, type Start, StreamConnection } from "./connection.ts";
import type { Engine } from "./engine.ts";
import { mayCompress, takesGzip } from "./gzip.ts";
import type { Admission, ConnectRequest, Gap, Refusal } from "./types.ts";

/**
 * The headers of every stream. `no-transform` and `X-Accel-Buffering` keep compressors and nginx from holding events
 * back.
 */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** An unknown id comes from anywhere; no more of it than this is told back. */
const MAX_TOLD_ID = 256;

/** Seconds after which to try again, where nothing better is known. */
const RETRY_AFTER = 5;

/**
 * Decides on a wish to listen: everything that can be refused is refused here, before the first byte, and everything
 * the first byte depends on is found out.
 *
 * @param assertOpen throws if nobody is to be let in any more
 * @throws TidingsError whatever {@link refuse} can answer with
 */
export async function admit(
  engine: Engine,
  store: Store,
  request: ConnectRequest,
  assertOpen: () => void,
): Promise<Admission> {
  assertAcceptable(request.accept);
  const { topicsPerConnection } = engine.limits;
  if (request.topics.length > topicsPerConnection) {
    const sentence = `${request.topics.length} topics are more than the ${topicsPerConnection} one connection may have; use a pattern such as orders/*.`;
    throw new TidingsError("too_many_topics", sentence, { field: "topic" });
  }
  const subscription = toSubscription(request.topics);
  const wish = toWish(request);
  const since = engine.kicks.arrive();
  let isAdmitted = false;
  try {
    const grant = await engine.authorize(request.authorize, [...subscription.topics, ...subscription.patterns]);
    const bearer = { subject: grant.subject ?? request.subject, address: request.address, expires: grant.expires };
    assertStands(engine, bearer, since);
    const audience = engine.reserve(bearer, subscription);
    try {
      const start = await findStart(engine, store, audience, wish);
      // The hub may have begun to close meanwhile, and said its bye to everyone that was there.
      assertOpen();
      assertStands(engine, bearer, since);
      if (start === "over") {
        engine.giveBack(bearer, audience);
        return { kind: "refusal", status: 204, headers: { "cache-control": "no-store" }, body: "" };
      }
      isAdmitted = true;
      return {
        kind: "stream",
        status: 200,
        headers: toHeaders(engine, request),
        open: (sink) => {
          const isKicked = engine.kicks.turnsAway(bearer.subject, bearer.expires, since);
          engine.kicks.arrived();
          const connection = new StreamConnection(engine, audience, sink, request, bearer, start);
          connection.start(start, request.onConnect, isKicked);
          if (engine.draining) connection.finish("drain", true, engine.retry());
          return connection;
        },
      };
    } catch (error) {
      engine.giveBack(bearer, audience);
      throw error;
    }
  } finally {
    if (!isAdmitted) engine.kicks.arrived();
  }
}

/** `Vary` for the sake of caches that keep what they may not. */
function toHeaders({ compression }: Engine, request: ConnectRequest): Readonly<Record<string, string>> {
  if (!mayCompress(compression, request)) return STREAM_HEADERS;
  return {
    ...STREAM_HEADERS,
    ...(takesGzip(compression, request) && { "content-encoding": "gzip" }),
    vary: "accept-encoding",
  };
}

/**
 * Throws if what was granted does not stand any more: it took time to find out, or to look up history, and things may have
 * changed.
 *
 * @throws TidingsError `subject_barred`, `unauthorized`
 */
function assertStands(engine: Engine, { subject, expires }: Bearer, since: number): void {
  if (engine.kicks.turnsAway(subject, expires, since)) throw engine.kicks.toRefusal(subject as string);
  if (expires !== undefined && expires <= engine.runtime.now()) {
    throw new TidingsError("unauthorized", "What you were granted has expired; come back with a new token or sign-in.");
  }
}

/**
 * The answer to a wish that cannot be granted. A hub that is full, or whose store fails, tells so whoever reads problem
 * documents; a plain `EventSource`, which gives up for ever on any status but 200, is told to come back later: to a hub
 * that is only opening its store, soon.
 */
export function refuse(error: TidingsError, request: ConnectRequest, runtime: Runtime): Refusal {
  if (error.status === 503 && !readsProblems(request.accept)) {
    const retry = Math.round(toRetryAfter(error) * 1_000 * (0.5 + runtime.random()));
    return { kind: "refusal", status: 200, headers: STREAM_HEADERS, body: retryBlock(retry), error };
  }
  return toRefusal(error);
}

/** A complete response that says what is wrong. */
export function toRefusal(error: TidingsError): Refusal {
  const retryAfter = error.status === 503 ? toRetryAfter(error) : error.retryAfter;
  return {
    kind: "refusal",
    status: error.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
    body: JSON.stringify(toProblem(error)),
    error,
  };
}

function toRetryAfter(error: TidingsError): number {
  return error.retryAfter ?? RETRY_AFTER;
}

/** Where a reader wants to start. */
type Wish =
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "earliest" }
  | { readonly type: "time"; readonly time: number }
  | { readonly type: "last"; readonly count: number }
  | { readonly type: "now" };

/** A last event id wins: a reader that comes back repeats its address, `from` and `last` included. */
function toWish({ lastEventId, from, last }: ConnectRequest): Wish {
  if (lastEventId !== undefined && lastEventId !== "") return { type: "id", id: lastEventId };
  if (last !== undefined) {
    const count = Number(last);
    if (!/^\d{1,6}$/.test(last) || count < 1 || count > 10_000) {
      throw invalidParameter("last", `"last" must be a whole number from 1 to 10000.`);
    }
    return { type: "last", count };
  }
  if (from === undefined) return { type: "now" };
  if (from === "earliest") return { type: "earliest" };
  const time = /^\d{4}-\d\d-\d\d/.test(from) ? Date.parse(from) : Number.NaN;
  if (Number.isNaN(time)) {
    throw invalidParameter("from", `"from" must be "earliest" or a time such as 2026-01-31T12:00:00Z.`);
  }
  return { type: "time", time };
}

async function findStart(engine: Engine, store: Store, audience: Audience, wish: Wish): Promise<Start | "over"> {
  const { fanOut, catchUp, lineage } = engine;
  if (wish.type === "last") {
    const page = await catchUp.latest(audience, 0, wish.count);
    return { id: undefined, gap: undefined, page, cursor: page.scannedTo, trimmedTo: page.scannedTo };
  }
  const { after, gap, quiet } = await findPlace(engine, store, wish);
  // A reader of patterns whom the tail can serve need not wait for the store; only exact topics can all have ended.
  const page =
    audience.subscription.patterns.length > 0 && fanOut.tail.covers(after)
      ? undefined
      : await catchUp.read(audience, after);
  const cursor = page === undefined ? after : resumesAfter(page, after);
  const missed = page !== undefined && page.trimmedTo > after;
  if (page !== undefined && wish.type === "id" && gap === undefined && !missed && isOver(page, audience)) return "over";
  const resumesAt = toId(lineage, cursor);
  return {
    id: gap !== undefined || missed ? undefined : toId(lineage, after),
    gap: toGap(),
    page,
    cursor,
    trimmedTo: page?.trimmedTo ?? 0,
  };

  function toGap(): Gap | undefined {
    if (gap !== undefined) return { ...gap, resumesAt };
    if (quiet || !missed) return undefined;
    return { reason: "trimmed", after: toId(lineage, after), resumesAt };
  }
}

/** The offset after which a reader's wish begins. `quiet`: it asked for what there is, and what is gone is no gap to it. */
async function findPlace(
  engine: Engine,
  store: Store,
  wish: Exclude<Wish, { type: "last" }>,
): Promise<{ after: Offset; gap?: Omit<Gap, "resumesAt">; quiet: boolean }> {
  const { fanOut, lineage } = engine;
  switch (wish.type) {
    case "now":
      return { after: fanOut.flushedThrough, quiet: true };
    case "earliest":
      return { after: 0, quiet: true };
    case "time":
      return { after: await store.offsetBefore(wish.time), quiet: true };
    case "id": {
      const place = resolvePosition(wish.id, lineage, fanOut.tail.head);
      if (place.known) return { after: place.after, quiet: false };
      const told = wish.id.slice(0, MAX_TOLD_ID);
      return { after: place.after, gap: { reason: place.reason, after: told }, quiet: false };
    }
  }
}

/** A reader has everything of topics that have all ended, up to their ends: nothing will ever come. */
function isOver({ first, ended, scannedTo }: EncodedPage, { subscription }: Audience): boolean {
  if (subscription.patterns.length > 0 || ended.size < subscription.topics.length || first !== undefined) return false;
  return [...ended.values()].every((offset) => offset <= scannedTo);
}

function assertAcceptable(accept: string | undefined): void {
  if (accept === undefined || accept === "") return;
  if (names(accept, "text/event-stream") || names(accept, "text/*") || names(accept, "*/*")) return;
  throw new TidingsError("not_acceptable", `This is a stream of events: send "Accept: text/event-stream".`, {
    field: "accept",
  });
}

function readsProblems(accept: string | undefined): boolean {
  if (accept === undefined || accept === "") return true;
  return names(accept, "application/problem+json") || names(accept, "application/*") || names(accept, "*/*");
}

function names(accept: string, type: string): boolean {
  return accept.split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === type);
}

function invalidParameter(field: string, sentence: string): TidingsError {
  return new TidingsError("invalid_parameter", sentence, { field });
}
