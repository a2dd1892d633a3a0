import { Buffer } from "node:buffer";
import { request } from "node:http";
import { connect, type Socket } from "node:net";

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came.
  readonly json: any;
}

/** One request, byte for byte: unlike fetch, it sends any Host and any Origin and leaves the path alone. */
export function ask(port: number, { method = "GET", path, headers = {}, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Answer["headers"],
          text,
          get json() {
            return JSON.parse(text) as unknown;
          },
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** A bare socket to the hub, with all that has come in so far. */
export async function openSocket(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    received += chunk;
  });
  // A hub that has said no may reset what is still being sent.
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, received: () => received };
}
