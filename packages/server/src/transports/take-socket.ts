import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What node:http keeps for a connection's requests. Not public, hence looked at with care. */
interface Parser {
  incoming?: IncomingMessage | null;
  unconsume?(): void;
  remove?(): void;
  close?(): void;
}

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
 * Takes a response's socket away from node:http, as an upgrade would, and frees what node:http holds for each request:
 * the parser (some 3 KB), the request and the response. A stream lives for hours, and none of this is used again.
 *
 * Where node:http is not as known here, its parts stay in place, which costs memory and nothing else.
 */
export function takeSocket(request: IncomingMessage, response: ServerResponse): Socket {
  const socket = request.socket as Socket & { parser?: Parser | null };
  const { parser } = socket;
  if (response.socket === socket) response.detachSocket(socket);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  // Loggers and metrics wait for it; only then is the response kept.
  if (response.listenerCount("close") > 0) socket.once("close", () => response.emit("close"));
  // A second request, read before the first was answered, has no place behind a stream.
  if (parser?.incoming != null && parser.incoming !== request) socket.destroy();
  if (canRelease(socket, parser)) release(socket, parser);
  return socket;
}

function canRelease(socket: Socket, parser: Parser | null | undefined): parser is Required<Parser> {
  if (typeof parser?.unconsume !== "function" || typeof parser.remove !== "function") return false;
  if (typeof parser.close !== "function") return false;
  return ["data", "end", "close"].every((event) => findListener(socket, event) !== undefined);
}

function release(socket: Socket & { parser?: Parser | null }, parser: Required<Parser>): void {
  for (const event of Object.keys(HTTP_LISTENERS)) {
    const listener = findListener(socket, event);
    if (listener !== undefined) socket.removeListener(event, listener);
  }
  parser.unconsume();
  parser.remove();
  parser.incoming = null;
  socket.parser = null;
  // Not now: the parser may be the one that is calling us.
  setImmediate(closeParser, parser);
}

function findListener(socket: Socket, event: string): (() => void) | undefined {
  return socket.listeners(event).find(({ name }) => name === HTTP_LISTENERS[event]) as (() => void) | undefined;
}

function closeParser(parser: Required<Parser>): void {
  parser.close();
}
