import { createStreamParser, createUtf8Decoder, type ParsedEvent } from "@tidings/wire";
import type { About, Core, Deliver } from "./core.ts";
import { ClientError } from "./errors.ts";
import { toRequest } from "./request.ts";
import { assertStream } from "./response.ts";
import { FIRST_BLOCK, MISSED_HEARTBEATS, PROBLEM_TIMEOUT } from "./times.ts";

/** One request, from asking to the last byte: as {@link MakeAttempt} has it. */
export function attempt(core: Core, about: About, deliver: Deliver, controller: AbortController): Promise<boolean> {
  const {
    environment: { after },
    options,
    onRead,
    look,
  } = core;
  const { signal } = controller;
  let stopOpening = (): void => {};
  let stopWatching = (): void => {};
  /** What has come, and is not all delivered. */
  const items: ParsedEvent[] = [];
  let body: ReadableStream<Uint8Array> | ReadableStreamDefaultReader<Uint8Array> | null | undefined;

  /** Cuts what nothing comes from. */
  function watch(): void {
    const given = Number(options.stall);
    // Neither "auto" nor no heartbeat is a number.
    const limit = given >= 0 ? given : MISSED_HEARTBEATS * (core.heartbeat as number);
    if (limit > 0) {
      stopWatching = after(limit, () => controller.abort(new ClientError("stalled", "Nothing came.")));
    }
  }

  function letGo(): void {
    // The loop over them ends with it: to ask the signal after each event would be felt.
    items.length = 0;
    stopOpening();
    stopWatching();
    body?.cancel().catch(() => {});
  }

  async function run(): Promise<boolean> {
    const request = await toRequest(core, { ...about, signal });
    signal.throwIfAborted();
    watch();
    core.signal = signal;
    core.observe?.();
    const response = await (options.fetch ?? fetch)(...request);
    body = response.body;
    if (signal.aborted) {
      letGo();
      return false;
    }
    stopWatching();
    core.status = response.status;
    if (core.status === 204) return true;
    await assertStream(response, (goOn) => {
      stopOpening = after(PROBLEM_TIMEOUT, goOn);
    });
    signal.throwIfAborted();
    core.observe?.(response);
    stopOpening = after(FIRST_BLOCK, deliver);
    const decode = createUtf8Decoder();
    const parse = createStreamParser({
      lastEventId: core.lastEventId,
      onEvent: (event) => items.push(event),
      onId: (id) => items.push({ id, event: "tidings:heartbeat", topic: undefined, data: "" }),
      onComment: (data) => items.push({ id: "", event: "", topic: undefined, data }),
      onRetry(milliseconds) {
        core.retry = milliseconds;
      },
    });
    body = response.body?.getReader();
    for (;;) {
      watch();
      const value = (await body?.read())?.value;
      signal.throwIfAborted();
      if (!value) return core.farewell === "leave";
      // What is not read does not come: no watching while the reader is slow.
      stopWatching();
      core.observe?.(value);
      try {
        parse(decode(value));
      } finally {
        // In front of what cannot be read there may be what can.
        for (const item of items) {
          const delivered = deliver(item);
          // Only where there is something to wait for: a promise for each event would be felt.
          if (delivered) await delivered;
          look?.(item);
        }
        items.length = 0;
      }
      signal.throwIfAborted();
      await onRead();
      signal.throwIfAborted();
    }
  }

  return Promise.race([
    run(),
    // Not all that a program gives, its `fetch` and its `headers`, ends with the signal.
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        letGo();
        reject(signal.reason);
      });
    }),
  ]);
}
