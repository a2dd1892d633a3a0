import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy that writes down what is asked. */
export interface RecordingProxy {
  readonly url: string;
  /** The head of each request, in order. */
  readonly heads: readonly string[];
  /** Cuts every connection, as a network would. */
  cut(): void;
}

/**
 * Stands between a browser and a hub, to show what the browser really sends.
 *
 * @param answer Changes the hub's answers on their way. Default: not at all.
 */
export async function startRecordingProxy(
  port: number,
  answer: (text: string) => string = (text) => text,
): Promise<RecordingProxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const hub = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, hub],
      [hub, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true).on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    let head = "";
    client.on("data", (chunk) => {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end !== -1) heads.push(head.slice(0, end));
      if (end !== -1) head = "";
      hub.write(chunk);
    });
    hub.on("data", (chunk) => client.write(answer(chunk.toString("latin1")), "latin1"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heads, cut };
}
