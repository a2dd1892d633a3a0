import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Body } from "./answer.ts";
import { CERTIFICATE } from "./certificate.ts";

/** A connection of HTTP/1.x, byte by byte. */
export interface Raw {
  readonly socket: Socket;
  /** Everything that came, heads included. */
  readonly body: Body;
  send(...lines: string[]): void;
  /** Breaks the connection off, as a network or a kill does. */
  reset(): void;
}

/** Opens a connection on which nothing is sent yet. */
export async function openRaw(port: number, secure = false): Promise<Raw> {
  const tcp = connect({ host: "127.0.0.1", port });
  tcp.on("error", () => {});
  const socket = secure ? connectTls({ socket: tcp, host: "127.0.0.1", ca: CERTIFICATE.cert }) : tcp;
  await once(socket, secure ? "secureConnect" : "connect");
  const body = new Body();
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => body.append(text));
  socket.on("end", () => body.finish("end"));
  socket.on("error", () => body.finish("cut"));
  socket.on("close", () => body.finish("cut"));
  return {
    socket,
    body,
    send: (...lines) => void socket.write(lines.join("\r\n")),
    reset: () => void tcp.resetAndDestroy(),
  };
}

/** A complete request for a stream, without a body. */
export function request(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
}
