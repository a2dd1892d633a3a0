import { constants, deflateRawSync } from "node:zlib";
import type { Deflate } from "./ports/deflate.ts";

/** The zlib of the runtime, at its own level. */
export const deflate: Deflate = (bytes) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
