import type { Hub } from "@tidings/server";

/** Forwards the tokens of an answer, one event each, and ends the topic when the answer is complete. */
export async function forwardAnswer(hub: Hub, id: string, tokens: AsyncIterable<string>): Promise<void> {
  // #region pipe
  await hub.pipe(`answers/${id}`, tokens, { event: "token", end: true });
  // #endregion pipe
}
