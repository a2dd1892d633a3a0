import { createRawStream, type RawLine } from "./raw-stream.ts";
import { createStore, type Readable } from "./store.ts";

/** What to ask `/events` for. An empty text leaves a parameter out. */
export interface RawRequest {
  readonly topic: string;
  readonly last: string;
  readonly from: string;
  readonly lastEventId: string;
  readonly heartbeat: boolean;
}

/** What is seen of a request and its answer. */
export interface InspectionView {
  readonly phase: "idle" | "asking" | "open" | "closed" | "refused" | "cut";
  /** The path that was asked for. */
  readonly path: string;
  /** The status line and headers of the answer, as far as a browser tells. */
  readonly status: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The newest lines, oldest first. */
  readonly lines: readonly RawLine[];
  readonly bytes: number;
  readonly chunks: number;
  /** Lines that are no longer kept. */
  readonly dropped: number;
}

/** One stream, looked at byte for byte. */
export interface Inspection extends Readable<InspectionView> {
  start(request: RawRequest): void;
  stop(): void;
  clear(): void;
  /** Held, nothing new is shown; it goes on all the same. */
  hold(held: boolean): void;
}

/** Lines kept. */
export const RAW_LINES = 5_000;

const IDLE: InspectionView = {
  phase: "idle",
  path: "",
  status: "",
  headers: [],
  lines: [],
  bytes: 0,
  chunks: 0,
  dropped: 0,
};

/** @param toHeaders those that every request of this page has */
export function createInspection(root: string, toHeaders: () => Record<string, string>): Inspection {
  const store = createStore(IDLE);
  let now = IDLE;
  let held = false;
  let drawing = false;
  let controller = new AbortController();

  function change(part: Partial<InspectionView>): void {
    now = { ...now, ...part };
    if (held || drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      if (!held) store.set(now);
    });
  }

  function add(lines: readonly RawLine[]): void {
    const all = [...now.lines, ...lines];
    const over = Math.max(0, all.length - RAW_LINES);
    change({ lines: over === 0 ? all : all.slice(over), dropped: now.dropped + over });
  }

  async function run(request: RawRequest, signal: AbortSignal): Promise<void> {
    const path = toPath(request);
    const begun = performance.now();
    const raw = createRawStream();
    const isMine = (): boolean => !signal.aborted;
    now = { ...IDLE };
    change({ phase: "asking", path });
    try {
      const response = await fetch(root + path, {
        headers: {
          accept: "text/event-stream",
          ...(request.lastEventId !== "" && { "last-event-id": request.lastEventId }),
          ...toHeaders(),
        },
        cache: "no-store",
        signal,
      });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
      change({
        phase: isStream ? "open" : "refused",
        status: `${response.status} ${response.statusText}`.trim(),
        headers: [...response.headers],
      });
      const reader = response.body?.getReader();
      for (;;) {
        const piece = await reader?.read();
        if (piece?.value === undefined) break;
        if (!isMine()) return;
        add(raw.feed(piece.value, performance.now() - begun));
        change({ bytes: now.bytes + piece.value.length, chunks: now.chunks + 1 });
      }
      add(raw.end(performance.now() - begun));
      if (isStream || response.status === 204) change({ phase: "closed" });
    } catch {
      if (isMine()) change({ phase: "cut" });
    }
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    start(request) {
      controller.abort();
      controller = new AbortController();
      void run(request, controller.signal);
    },
    stop() {
      controller.abort();
      if (now.phase === "asking" || now.phase === "open") change({ phase: "closed" });
    },
    clear: () => change({ lines: [], bytes: 0, chunks: 0, dropped: 0 }),
    hold(next) {
      held = next;
      change({});
    },
  };
}

/** The path and query below the hub's root. */
export function toPath({ topic, last, from, heartbeat }: RawRequest): string {
  const query = new URLSearchParams({ topic });
  if (last !== "") query.set("last", last);
  if (from !== "") query.set("from", from);
  if (heartbeat) query.set("heartbeat", "event");
  return `events?${query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}
