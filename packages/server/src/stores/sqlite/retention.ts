/** What a SQLite store holds unless told otherwise: 10,000 publications of a topic, 1 GiB in all. */
export const RETENTION = { maxCount: 10_000, maxTotalBytes: 1024 * 1024 * 1024 };
