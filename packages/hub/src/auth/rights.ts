import { covers, TidingsError } from "@tidings/server";
import type { Identity } from "./identity.ts";

/** What is granted by topic and pattern. */
export type TopicRight = "subscribe" | "publish" | "presence";

const DEEDS: Readonly<Record<TopicRight, string>> = {
  subscribe: "listen to",
  publish: "publish to",
  presence: "ask who listens to",
};

/**
 * Throws unless a caller has a right over all of some topics and patterns.
 *
 * @throws TidingsError `unauthorized` without a token, `forbidden` with one
 */
export function assertMay(identity: Identity, right: TopicRight, names: Iterable<string>): void {
  if (identity.admin) return;
  const refused = Array.from(names).find((name) => !covers(identity[right], name));
  if (refused === undefined) return;
  throw refuse(
    identity,
    `${DEEDS[right]} ${JSON.stringify(refused.slice(0, 80))}`,
    `a grant of "${right}" that covers all of it`,
    "topic",
  );
}

/**
 * Throws unless a caller has a right over anything at all.
 *
 * @throws TidingsError as {@link assertMay}
 */
export function assertMayAtAll(identity: Identity, right: TopicRight): void {
  if (identity.admin || identity[right].length > 0) return;
  throw refuse(identity, `${DEEDS[right]} any topic`, `a grant of "${right}"`);
}

/** @throws TidingsError as {@link assertMay} */
export function assertMayReadMetrics(identity: Identity): void {
  if (!identity.admin && !identity.metrics) throw refuse(identity, "read metrics", '"metrics": true');
}

/** @throws TidingsError as {@link assertMay} */
export function assertAdmin(identity: Identity): void {
  if (!identity.admin) throw refuse(identity, "do this", '"admin": true');
}

function refuse({ hasToken }: Identity, deed: string, need: string, field?: string): TidingsError {
  const details = field === undefined ? {} : { field };
  if (hasToken) return new TidingsError("forbidden", `This token may not ${deed}: it needs ${need}.`, details);
  return new TidingsError(
    "unauthorized",
    `Without a token you may not ${deed}. Send "Authorization: Bearer <token>", with ${need}.`,
    details,
  );
}
