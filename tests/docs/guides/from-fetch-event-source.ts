import { type ClientError, connect, type StreamEvent } from "@tidings/client";

/** What the guide shows in place of a `fetchEventSource` with all its callbacks. */
export async function answer(
  url: string,
  { prompt, token, onmessage }: { prompt: string; token: () => Promise<string>; onmessage(event: StreamEvent): void },
): Promise<ClientError[]> {
  const told: ClientError[] = [];
  const controller = new AbortController();
  // #region connect
  const stream = connect(url, {
    method: "POST",
    headers: async () => ({ authorization: `Bearer ${await token()}`, "content-type": "application/json" }),
    body: JSON.stringify({ prompt }),
    signal: controller.signal,
  });
  stream.on("error", (error) => told.push(error)); // code, status, and the body of a refusal
  for await (const event of stream) onmessage(event);
  // #endregion connect
  return told;
}
