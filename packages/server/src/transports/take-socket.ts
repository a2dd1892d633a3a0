import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** What node:http keeps for a connection's requests. Not public, hence looked at with care. */
interface Parser {
  incoming: IncomingMessage | null;
  unconsume(): void;
  remove(): void;
  close(): void;
}

type HttpSocket = Socket & { parser?: Parser | null };

/** The listeners by which node:http drives a socket, by name: bound ones carry the name of what they are bound from. */
const HTTP_LISTENERS: Readonly<Record<string, string>> = {
  data: "bound socketOnData",
  end: "bound socketOnEnd",
  close: "bound socketOnClose",
  drain: "bound socketOnDrain",
  error: "socketOnError",
  timeout: "socketOnTimeout",
  resume: "onSocketResume",
  pause: "onSocketPause",
};

/**
 * Whether {@link takeSocket} may be called: it is this response's turn on its socket, and node:http is as known here. If
 * not (the reader is gone; a response queued behind another; a simulated request; another runtime, or a Node yet to come)
 * the response itself still does what it does anywhere.
 */
export function canTakeSocket(request: IncomingMessage, response: ServerResponse): boolean {
  const socket: HttpSocket = request.socket;
  if (!(socket instanceof Socket) || !socket.writable || response.socket !== socket) return false;
  const { parser } = socket;
  return (
    typeof parser?.unconsume === "function" &&
    typeof parser.remove === "function" &&
    typeof parser.close === "function" &&
    Object.keys(HTTP_LISTENERS).every((event) => findListener(socket, event) !== undefined)
  );
}

/**
 * Takes a response's socket away from node:http, as an upgrade would, and frees what node:http holds for each request:
 * the parser (some 3 KB), the request and the response. A stream lives for hours, and none of this is used again.
 */
export function takeSocket(request: IncomingMessage, response: ServerResponse): Socket {
  const socket: HttpSocket = request.socket;
  const parser = socket.parser as Parser;
  response.detachSocket(socket);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  forwardClose(socket, request, response);
  // A second request, read before the first was answered, has no place behind a stream.
  if (parser.incoming !== null && parser.incoming !== request) socket.destroy();
  for (const event of Object.keys(HTTP_LISTENERS)) {
    const listener = findListener(socket, event);
    if (listener !== undefined) socket.removeListener(event, listener);
  }
  parser.unconsume();
  parser.remove();
  socket.parser = null;
  // Not now: the parser may be the one that is calling us.
  setImmediate(closeParser, parser);
  return socket;
}

/** Loggers and clean-up of the application's wait for the end of the request, or of the response. Only then are they kept. */
function forwardClose(socket: Socket, request: IncomingMessage, response: ServerResponse): void {
  if (response.listenerCount("close") > 0) {
    socket.once("close", () => {
      response.destroyed = true;
      response.emit("close");
    });
  }
  if (request.listenerCount("close") + request.listenerCount("aborted") > 0) {
    socket.once("close", () => request.destroy());
  }
}

function findListener(socket: Socket, event: string): (() => void) | undefined {
  return socket.listeners(event).find(({ name }) => name === HTTP_LISTENERS[event]) as (() => void) | undefined;
}

function closeParser(parser: Parser): void {
  parser.close();
}
