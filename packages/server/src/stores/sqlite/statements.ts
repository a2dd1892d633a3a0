import type { Database, Statement } from "./driver.ts";

const ADD = 'INSERT INTO publications ("offset", topic, time, ends, event, data) VALUES';

/** Publications that one statement adds: a row costs 0.6 of what it does alone, and no less with 64. */
export const ROWS = 16;

const SQL = {
  log: "SELECT head, floor, weight, keys FROM log",
  setLog: "UPDATE log SET head = ?, floor = ?, weight = ?, keys = ?",

  topic: "SELECT * FROM topics WHERE name = ?",
  addTopic: "INSERT INTO topics (name, count, bytes, last, last_time) VALUES (?, 0, 0, 0, 0)",
  setTopic:
    "UPDATE topics SET count = ?, bytes = ?, last = ?, last_time = ?, end_offset = ?, end_time = ? WHERE id = ?",
  removeTopic: "DELETE FROM topics WHERE id = ?",
  topicNamesById: "SELECT id, name FROM topics WHERE id > ? ORDER BY id LIMIT ?",
  topicsByName: `
    SELECT *, (SELECT min("offset") FROM publications WHERE topic = topics.id) AS first
    FROM topics WHERE name > ? ORDER BY name LIMIT ?`,
  topicsByRecency: "SELECT name, last FROM topics WHERE last > ? AND last < ? AND count > 0 ORDER BY last DESC LIMIT ?",
  emptyTopics: "SELECT name FROM topics WHERE count = 0 ORDER BY last LIMIT ?",
  countEmptyTopics: "SELECT count(*) AS count FROM topics WHERE count = 0",

  add: `${ADD} (?, ?, ?, ?, ?, ?)`,
  addRows: `${ADD} ${Array(ROWS).fill("(?, ?, ?, ?, ?, ?)").join(", ")}`,
  publication: 'SELECT "offset", time, ends, event, data FROM publications WHERE "offset" = ?',
  frontOfTopic: `
    SELECT count(*) AS count, coalesce(sum(length(data)), 0) AS bytes, max("offset") AS through
    FROM (SELECT "offset", data FROM publications WHERE topic = ? ORDER BY "offset" LIMIT ?)`,
  oldestOfTopic: `
    SELECT "offset", time, coalesce(length(data), 0) AS bytes FROM publications
    WHERE topic = ? AND "offset" > ? ORDER BY "offset" LIMIT ?`,
  removeOldestOfTopic: 'DELETE FROM publications WHERE topic = ? AND "offset" <= ?',
  oldest: `
    SELECT p."offset", coalesce(length(p.data), 0) AS bytes, t.name FROM publications p
    LEFT JOIN topics t ON t.id = p.topic ORDER BY p."offset" LIMIT ?`,
  removeOldest: 'DELETE FROM publications WHERE "offset" <= ?',
  offsetsOfTopic: 'SELECT "offset" FROM publications WHERE topic = ? AND "offset" > ? ORDER BY "offset" LIMIT ?',
  newestOfTopic: `
    SELECT "offset" FROM publications WHERE topic = ? AND "offset" > ? AND "offset" < ?
    ORDER BY "offset" DESC LIMIT ?`,
  scan: `
    SELECT p."offset", t.name FROM publications p LEFT JOIN topics t ON t.id = p.topic
    WHERE p."offset" > ? ORDER BY p."offset" LIMIT ?`,
  nextHeld: `
    SELECT p."offset", p.time FROM publications p JOIN topics t ON t.id = p.topic
    WHERE p."offset" >= ? ORDER BY p."offset" LIMIT 1`,

  watermark: "SELECT through FROM watermarks WHERE topic = ?",
  raiseWatermark: `
    INSERT INTO watermarks VALUES (?, ?)
    ON CONFLICT (topic) DO UPDATE SET through = max(through, excluded.through)`,
  watermarksAbove: "SELECT topic, through FROM watermarks WHERE through > ? ORDER BY through DESC",
  countWatermarks: "SELECT count(*) AS count FROM watermarks",
  lowWatermark: "SELECT through FROM watermarks ORDER BY through LIMIT 1 OFFSET ?",
  removeWatermarks: "DELETE FROM watermarks WHERE through <= ?",

  key: `
    SELECT "offset", fingerprint, time FROM keys
    WHERE topic = ? AND name = ? AND "offset" > coalesce((SELECT max(through) FROM sweeps WHERE topic = ?), 0)`,
  addKey: 'INSERT INTO keys ("offset", topic, name, fingerprint, time) VALUES (?, ?, ?, ?, ?)',
  removeKey: "DELETE FROM keys WHERE topic = ? AND name = ?",
  hasKeys: `
    SELECT 1 FROM keys
    WHERE topic = ? AND "offset" > coalesce((SELECT max(through) FROM sweeps WHERE topic = ?), 0) LIMIT 1`,
  removeOldestKeys: 'DELETE FROM keys WHERE "offset" IN (SELECT "offset" FROM keys ORDER BY "offset" LIMIT ?)',
  removeExpiredKeys: `
    DELETE FROM keys WHERE "offset" IN (SELECT "offset" FROM keys ORDER BY "offset" LIMIT ?) AND time <= ?`,

  addSweep: "INSERT INTO sweeps (topic_id, topic, through) VALUES (?, ?, ?)",
  sweep: "SELECT id, topic_id, topic, through FROM sweeps ORDER BY id LIMIT 1",
  sweepPublications:
    'DELETE FROM publications WHERE "offset" IN (SELECT "offset" FROM publications WHERE topic = ? LIMIT ?)',
  sweepKeys: `
    DELETE FROM keys WHERE "offset" IN (SELECT "offset" FROM keys WHERE topic = ? AND "offset" <= ? LIMIT ?)`,
  removeSweep: "DELETE FROM sweeps WHERE id = ?",

  barred: "SELECT subject, until FROM barred ORDER BY id",
  bar: "INSERT OR REPLACE INTO barred (subject, until) VALUES (?, ?)",
  removeBarred: `
    DELETE FROM barred
    WHERE until <= ? OR id <= (SELECT id FROM barred ORDER BY id DESC LIMIT 1 OFFSET ?)`,

  freePages: "SELECT freelist_count AS free, page_count AS pages FROM pragma_freelist_count, pragma_page_count",
} as const;

/** Every statement that the store runs more than once, prepared. */
export type Statements = { readonly [Name in keyof typeof SQL]: Statement };

export function prepareStatements(db: Database): Statements {
  return Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Statements;
}
