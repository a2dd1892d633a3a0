import type { Barred } from "../../ports/store.ts";
import type { Statements } from "./statements.ts";

/** Subjects that are remembered: as many as a hub keeps out. */
const MOST = 10_000;

/** Who stays out, in the order in which they were kicked; some whose time is over may be among them. */
export function readBarred(sql: Statements): readonly Barred[] {
  return sql.barred.all().map(({ subject, until }) => ({
    subject: JSON.parse(subject as string) as string,
    until: until as number,
  }));
}

/** Writes down who stays out, and forgets whose time is over. */
export function writeBarred(sql: Statements, { subject, until }: Barred, now: number): void {
  sql.bar.run(JSON.stringify(subject), until);
  sql.removeBarred.run(now, MOST);
}
