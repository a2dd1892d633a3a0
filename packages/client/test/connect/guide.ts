import { connect, type EventStream, parseEventStream } from "@tidings/client";
import { z } from "zod";

export async function listen(url: string, show: (text: string) => void): Promise<void> {
  // #region listen
  const stream = connect(url, { topics: ["orders/**"] });
  for await (const { id, event, topic, data } of stream) {
    show(`${id} ${event} ${topic} ${JSON.stringify(data)}`);
  }
  // #endregion listen
}

export function keepState(url: string, refetch: () => void, apply: (data: unknown) => void): EventStream {
  // #region state
  const stream = connect(url, { topics: ["orders/**"], last: 1 });
  stream.on("event", ({ data }) => apply(data));
  stream.on("gap", refetch); // something was missed and is no longer held
  stream.on("error", ({ code, message }) => console.warn(code, message, stream.status));
  // #endregion state
  return stream;
}

export function withToken(url: string, getToken: (options: { fresh: boolean }) => Promise<string>): EventStream {
  // #region token
  const stream = connect(url, {
    headers: async ({ lastStatus }) => ({
      authorization: `Bearer ${await getToken({ fresh: lastStatus === 401 })}`,
    }),
  });
  // #endregion token
  return stream;
}

export function validated(url: string): EventStream<{ total: number }> {
  // #region schema
  const stream = connect(url, { schema: z.object({ total: z.number() }) });
  stream.on("event", ({ data }) => console.log(data.total));
  // #endregion schema
  return stream;
}

export async function ask(url: string, prompt: string, show: (text: string) => void): Promise<void> {
  // #region one-shot
  const answer = fetch(url, { method: "POST", body: JSON.stringify({ prompt }) });
  for await (const { data } of parseEventStream<{ text: string } | "[DONE]">(answer)) {
    if (data === "[DONE]") break;
    show(data.text);
  }
  // #endregion one-shot
}
