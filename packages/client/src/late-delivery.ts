import { createStreamParser, createUtf8Decoder } from "@tidings/wire";
import type { Core } from "./core.ts";
import type { Environment } from "./environment.ts";
import { ClientError } from "./errors.ts";

/**
 * Watches the beginning of a connection for signs that something on the way holds bytes back: a proxy that buffers, a
 * compressor that waits for more.
 *
 * Two things are evidence, for both rest on what a Tidings hub does and a slow link cannot undo:
 *
 * - It sends its first block together with the headers (PROTOCOL.md, 1.4). Headers that came while the block did not, for
 *   seconds in which no byte came, were separated on the way.
 * - It sends no heartbeat before three quarters of an interval without a byte have passed (5.1). If the first one came right
 *   behind the first block, and silence before both, the first block was held back.
 *
 * A slow link delays too, but what it delays keeps coming, so there is no silence; and a link that fails for a while would have
 * to do so between the request and the first byte. Later in a stream that is no longer unlikely, hence only the
 * beginning counts. A reader that was busy or asleep itself sees everything late: a pulse tells, and its silence does not count.
 */
export interface LateDelivery {
  /** The request goes out. */
  asked(): void;
  /** Headers came. `isHub`: from a Tidings hub, as far as one can know. */
  answered(isHub: boolean): void;
  /** Bytes came, and have been looked at. */
  received(): void;
  /** The first block of a hub came. */
  opened(heartbeat: number): void;
  /** A heartbeat came. */
  beat(): void;
  stop(): void;
}

/** How often it is made sure that the reader itself is awake, in milliseconds. */
const PULSE = 1000;
/** So many pulses between headers and first block: a packet lost and sent again takes less. */
const HELD = 5;
/** Nobody counts for longer than this; silent servers are common. */
const MOST = 60;

/** What one connection is watched by. */
interface Watch {
  look(what: Response | Uint8Array): void;
  stop(): void;
}

/** Watches each connection of a stream from now on, this one too if a request has gone out already, and warns once. */
export function observe(core: Core): void {
  if (core.observe) return;
  const { environment, tell } = core;
  let isHub = false;
  let hasWarned = false;
  let watch: Watch | undefined;

  function warn(): void {
    if (hasWarned) return;
    hasWarned = true;
    tell(
      "warning",
      new ClientError("late_delivery", "Something on the way, a proxy or a compressor, holds events back."),
    );
  }

  function start(): Watch {
    const late = createLateDelivery(environment, warn);
    /** Until when there can be evidence. */
    let until = Number.POSITIVE_INFINITY;
    const stop = (): void => {
      until = 0;
      late.stop();
    };
    const beat = (): void => {
      late.beat();
      stop();
    };
    const decode = createUtf8Decoder();
    const parse = createStreamParser({
      onEvent({ event, data }) {
        if (event === "tidings:open") {
          const heartbeat = toHeartbeat(data);
          isHub = true;
          until = environment.now() + heartbeat / 4;
          late.opened(heartbeat);
        } else if (event === "tidings:heartbeat") beat();
        else if (until === Number.POSITIVE_INFINITY) stop();
      },
      onId: beat,
      onComment: stop,
    });
    late.asked();
    return {
      look(what) {
        if (environment.now() > until) return;
        if (what instanceof Response) late.answered(isHub || saysHub(what));
        else {
          parse(decode(what));
          late.received();
        }
      },
      stop,
    };
  }

  function begin(): void {
    watch = start();
    core.signal?.addEventListener("abort", watch.stop);
  }

  if (core.signal?.aborted === false) begin();
  core.observe = (what) => {
    if (what) watch?.look(what);
    else begin();
  };
}

/** The very words of a hub, in answer to who asked for topics. */
function saysHub({ url, headers }: Response): boolean {
  return /[?&]topic=/.test(url) && headers.get("cache-control") === "no-store, no-transform";
}

function toHeartbeat(data: string): number {
  try {
    return Number((JSON.parse(data) as { heartbeat?: number }).heartbeat) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Creates a watch for one connection. */
export function createLateDelivery(environment: Environment, warn: () => void): LateDelivery {
  /** Pulses, each in time, since anything came. */
  let quiet = 0;
  let quietBefore = 0;
  let isAnswered = false;
  let isHub = false;
  /** Until when a heartbeat cannot be, if nothing was held back. */
  let tooEarly = 0;
  let last = 0;
  let stop = (): void => {};

  function pulse(): void {
    last = environment.now();
    stop = environment.after(PULSE, () => {
      quiet = isAwake() ? quiet + 1 : 0;
      if (isHub && quiet >= HELD) warn();
      else if (quiet < MOST) pulse();
    });
  }

  function isAwake(): boolean {
    return environment.now() - last < 2 * PULSE;
  }

  return {
    asked: pulse,
    answered(fromHub) {
      quietBefore = quiet;
      quiet = 0;
      isAnswered = true;
      isHub = fromHub;
    },
    received() {
      quiet = 0;
    },
    opened(heartbeat) {
      stop();
      // What came during a sleep may be read before the pulse that tells of it.
      if (!isAwake()) return;
      if (isAnswered && quiet >= HELD) warn();
      const silence = (quietBefore + quiet) * PULSE;
      if (silence >= heartbeat / 2) tooEarly = environment.now() + heartbeat / 4;
    },
    beat() {
      if (environment.now() < tooEarly) warn();
      tooEarly = 0;
    },
    stop: () => stop(),
  };
}
