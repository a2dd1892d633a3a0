import type { Topics } from "@tidings/wire/topics";
import { deflate } from "./deflate.ts";
import { openHub } from "./hub/hub.ts";
import type { TypedHub } from "./hub/typed-hub.ts";
import type { Hub, HubOptions } from "./hub/types.ts";
import { memory } from "./stores/memory.ts";

/**
 * Creates a hub. It opens its store at once; publications wait for that, readers are told to come back.
 *
 * ```ts
 * const hub = createHub({ store: sqlite("tidings.db") });
 * app.get("/events", expressHandler(hub, { topics: ["news"] }));
 * await hub.publish("news", { title: "Hello" });
 * ```
 *
 * @param options `store` (default: a new memory store), `retention`, `topics`, `heartbeat`, `limits`, `compression` and hooks
 * @throws TidingsError `invalid_option` naming the option
 */
export function createHub<const Declared extends Topics>(
  options: HubOptions & { readonly topics: Declared },
): TypedHub<Declared>;
export function createHub(options?: HubOptions): Hub;
export function createHub(options: HubOptions = {}): Hub {
  return openHub(options.store ?? memory(), options, deflate);
}
