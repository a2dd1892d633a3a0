import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { onTestFinished } from "vitest";

/** `src/index.ts` as one script that puts what it exports on `globalThis.tidings`. */
export async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../../src/index.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "tidings",
    target: "es2022",
    platform: "browser",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves pages that have the client: `/` and `/other`. Gives the origin. */
export async function servePages(client: string, more?: Parameters<typeof createServer>[1]): Promise<string> {
  const http = createServer((request, response) => {
    const [path] = (request.url ?? "").split("?");
    if (path === "/client.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(`${client};globalThis.tidings = tidings;`);
    } else if (path === "/" || path === "/other") {
      response.writeHead(200, { "content-type": "text/html" }).end('<!doctype html><script src="/client.js"></script>');
    } else if (more === undefined) response.writeHead(404).end();
    else more(request, response as never);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
