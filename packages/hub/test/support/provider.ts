import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { JWK } from "jose";
import { onTestFinished } from "vitest";

/** An identity provider that answers as it is told, and counts. */
export async function startProvider(answer: RequestListener) {
  const provider = { answer, requests: 0, url: "" };
  const server = createServer((request, response) => {
    provider.requests++;
    provider.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  provider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  return provider;
}

/** Answers with a set of these keys. */
export const serving =
  (...keys: readonly JWK[]): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify({ keys }));
