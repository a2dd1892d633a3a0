import { statSync } from "node:fs";

/** Bytes of a history's file, its write-ahead log included; undefined for one in memory. */
export type FileSize = () => number | undefined;

/** @param file undefined for a history in memory */
export function createFileSize(file: string | undefined): FileSize {
  return () => (file === undefined ? undefined : sizeOf(file) + sizeOf(`${file}-wal`));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
