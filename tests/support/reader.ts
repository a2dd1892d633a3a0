import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { createParser, type ParsedEvent, type Parser } from "@tidings/wire";

/** A publication as it arrived. */
export interface Received {
  readonly offset: number;
  readonly topic: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Where a reader cuts a connection, as soon as the first of these is met. Without any, it stays. */
export interface Cut {
  /** Before there is an answer: when the socket is connected, or when the request is written. */
  readonly before?: "request" | "response";
  /** Right after the first event of this name. */
  readonly event?: string;
  /** After so many publications on this connection. */
  readonly publications?: number;
  /** After so many bytes of the body, most likely in the middle of a block. */
  readonly bytes?: number;
  /** With RST instead of FIN: the hub learns of it from an error. */
  readonly abrupt?: boolean;
}

export interface ReaderOptions {
  /** With all of the query: `http://127.0.0.1:4400/events?topic=a`. */
  readonly url: string | (() => string);
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until it comes back after any end of a connection; false for never. Default false. */
  readonly reconnect?: number | false;
  /** A gap is what the test expects, and no fault. Default false. */
  readonly allowGaps?: boolean;
  /** Decides on the cut of each connection, counted from 1. Default: never. */
  readonly cut?: (connection: number) => Cut;
  /** After each event, control events included. */
  readonly onEvent?: (event: ParsedEvent) => void;
  /** After each end of a connection. */
  readonly onClose?: () => void;
  /** The status of each response that is no stream. */
  readonly onRefused?: (status: number) => void;
}

/** What a reader has seen on one connection. */
export interface Visit {
  /** The `Last-Event-ID` it came with. */
  readonly lastEventId: string;
  /** Publications before `tidings:live`. */
  replayed: number;
  /** Publications after it. */
  live: number;
  announced: boolean;
}

const OWN_EVENTS = "tidings:";

/**
 * A reader that trusts nobody. It comes back with its last event id like any `EventSource`, and holds the hub to what
 * `PROTOCOL.md` promises at every event: ids rise, nothing comes twice, a gap is told only where one was expected.
 */
export class StrictReader {
  readonly received: Received[] = [];
  /** What broke the protocol; to be empty at the end. */
  readonly faults: string[] = [];
  readonly visits: Visit[] = [];
  readonly gaps: ParsedEvent[] = [];
  readonly byes: string[] = [];
  readonly retries: number[] = [];
  /** The offset it began after: the id of its first `tidings:open`. Undefined until then. */
  start: number | undefined;
  lastEventId = "";
  readonly #options: ReaderOptions;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Offset of the last event id. */
  #offset = -1;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Leaves for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
  }

  /** Stops reading; what arrives waits in the socket. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  get socket(): Socket | undefined {
    return this.#response?.socket;
  }

  #connect(): void {
    const { url, headers, cut } = this.#options;
    const plan = cut?.(this.visits.length + 1) ?? {};
    const visit: Visit = { lastEventId: this.lastEventId, replayed: 0, live: 0, announced: false };
    this.visits.push(visit);
    const outgoing = request(typeof url === "string" ? url : url(), {
      agent: false,
      headers: {
        accept: "text/event-stream",
        ...(this.lastEventId !== "" && { "last-event-id": this.lastEventId }),
        ...headers,
      },
    });
    this.#request = outgoing;
    outgoing.on("response", (response) => this.#read(response, visit, plan));
    // Refused, cut or killed: what follows is the same.
    outgoing.on("error", () => {});
    outgoing.on("close", () => this.#closed());
    if (plan.before === "request")
      outgoing.on("socket", (socket) => socket.once("connect", () => hangUp(socket, plan)));
    outgoing.end(() => {
      if (plan.before === "response") hangUp(outgoing.socket, plan);
    });
  }

  #read(response: IncomingMessage, visit: Visit, plan: Cut): void {
    this.#response = response;
    response.on("error", () => {});
    if (response.statusCode !== 200) {
      this.#options.onRefused?.(response.statusCode as number);
      response.resume();
      return;
    }
    let bytes = 0;
    let isCut = false;
    const cutNow = (): void => {
      isCut = true;
      parser.reset();
      hangUp(response.socket, plan);
    };
    const parser: Parser = createParser({
      lastEventId: this.lastEventId,
      onEvent: (event) => {
        this.#take(event, visit);
        if (event.event === plan.event || visit.replayed + visit.live === plan.publications) cutNow();
        this.#options.onEvent?.(event);
      },
      onId: (id) => this.#move(id, "a heartbeat"),
      onRetry: (milliseconds) => this.retries.push(milliseconds),
    });
    response.on("data", (chunk: Buffer) => {
      if (isCut) return;
      const left = (plan.bytes ?? Number.POSITIVE_INFINITY) - bytes;
      bytes += chunk.length;
      parser.feed(chunk.length > left ? chunk.subarray(0, left) : chunk);
      if (!isCut && chunk.length >= left) cutNow();
    });
  }

  #take({ id, event, topic, data }: ParsedEvent, visit: Visit): void {
    if (event.startsWith(OWN_EVENTS)) {
      this.#takeControl({ id, event, topic, data }, visit);
      return;
    }
    const offset = toOffset(id);
    if (!(offset > this.#offset)) this.#fault(`${topic} ${id} came after ${this.lastEventId}`);
    if (this.start === undefined) this.#fault(`${topic} ${id} came before any tidings:open`);
    this.#move(id, `${topic}`);
    this.received.push({ offset, topic, event, data });
    if (visit.announced) visit.live++;
    else visit.replayed++;
  }

  #takeControl(event: ParsedEvent, visit: Visit): void {
    switch (event.event) {
      case "tidings:open":
        if (this.#offset >= 0 && event.id !== this.lastEventId && !this.#options.allowGaps)
          this.#fault(`came back with ${this.lastEventId} and was opened at ${event.id}`);
        this.start ??= event.id === "" ? -1 : toOffset(event.id);
        break;
      case "tidings:live":
        if (visit.announced) this.#fault("tidings:live came twice on one connection");
        visit.announced = true;
        break;
      case "tidings:gap":
        this.gaps.push(event);
        if (!this.#options.allowGaps) this.#fault(`a gap: ${event.data}`);
        break;
      case "tidings:bye":
        this.byes.push(event.data);
        break;
    }
    if (event.id !== "") this.#move(event.id, event.event);
  }

  #move(id: string, by: string): void {
    const offset = toOffset(id);
    if (!(offset >= this.#offset)) this.#fault(`${by} moved the last event id from ${this.lastEventId} to ${id}`);
    this.#offset = offset;
    this.lastEventId = id;
  }

  #fault(fault: string): void {
    // A reader off the track has thousands; the first tell the story.
    if (this.faults.length < 10) this.faults.push(`connection ${this.visits.length}: ${fault}`);
  }

  #closed(): void {
    this.#response = undefined;
    this.#request = undefined;
    this.#options.onClose?.();
    const { reconnect = false } = this.#options;
    if (reconnect === false || this.#stopped) return;
    this.#timer = setTimeout(() => this.#connect(), reconnect);
  }
}

/** The offset in an id of ours; NaN, which no comparison likes, of any other. */
export function toOffset(id: string): number {
  return Number(/^[0-9a-z]+-(\d+)$/.exec(id)?.[1] ?? Number.NaN);
}

function hangUp(socket: Socket | null, { abrupt }: Cut): void {
  if (abrupt) socket?.resetAndDestroy();
  else socket?.destroy();
}
