import { hash } from "node:crypto";
import type { Append } from "../../ports/store.ts";

/** What tells apart two publications under one idempotency key: SHA-256 of event, data and end, in base64. */
export function toFingerprint(append: Append): string {
  // JSON, since its brackets and quotes leave no two contents that read alike: ("a", "b") is not ("ab", "").
  return hash("sha256", JSON.stringify([append.event ?? null, append.data ?? null, append.end === true]), "base64");
}
