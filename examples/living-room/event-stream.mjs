import { encodeEvent } from "@tidings/wire";

// #region middleware
/**
 * Makes the response a stream of events, and puts `sendEventStreamData` on it: sends data as JSON. False asks to wait
 * for `drain` before more is sent, as with `response.write`.
 *
 * @type {import("express").RequestHandler}
 */
export function eventStream(_request, response, next) {
  response.set({
    "content-type": "text/event-stream",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  // The reader is told that it is connected now, not with the first event.
  response.flushHeaders();
  response.sendEventStreamData = (data) => response.write(encodeEvent({ data: JSON.stringify(data) }));
  next();
}
// #endregion middleware
