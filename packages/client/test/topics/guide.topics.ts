// #region declare
import { defineTopics, typeOnly } from "@tidings/server"; // or from "@tidings/client": it is the same
import { z } from "zod";

export const topics = defineTopics({
  // one schema for all events of these topics
  "prices/*": z.object({ bid: z.number(), ask: z.number() }),
  // one for each event name; `message` is the name of events without one
  "orders/*": {
    created: z.object({ total: z.number(), at: z.iso.datetime().transform((text) => new Date(text)) }),
    cancelled: z.object({ reason: z.string() }),
  },
  // a type that nobody checks
  "jobs/*": typeOnly<{ state: "running" | "done" }>(),
});
// #endregion declare
