import { createParser } from "@tidings/wire";

/** @param {string} url @param {string} token @param {(event: import("@tidings/wire").ParsedEvent) => void} onEvent */
export async function listen(url, token, onEvent) {
  // #region fetch-stream
  const parser = createParser({ onEvent });
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream, application/problem+json" },
  });
  if (!response.ok) throw new Error((await response.json()).detail);

  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(value);
  }
  // To come back: parser.lastEventId goes into the Last-Event-ID header.
  // #endregion fetch-stream
  return parser.lastEventId;
}
