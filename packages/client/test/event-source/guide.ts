// What docs/reference/event-source.md shows.
// #region listen
import { EventSource } from "@tidings/client/eventsource";

export function listen(base: string, token: () => Promise<string>, show: (text: string) => void): EventSource {
  const source = new EventSource("/events?topic=news", {
    base,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
  });
  source.onmessage = ({ data }) => show(data);
  source.onerror = () => show(source.readyState === source.CLOSED ? "closed for good" : "reconnecting");
  return source;
}
// #endregion listen
