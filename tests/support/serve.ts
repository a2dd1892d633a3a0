import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Hub } from "@tidings/server";
import { onTestFinished } from "vitest";

/** Serves on a free port until the test is over; then closes the hub, and every socket that is still there. */
export async function serveHub(hub: Hub, listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await hub.close({ drain: 0 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await hub.ready;
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** The next turn of the event loop, after all input that is ready now. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
