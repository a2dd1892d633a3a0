import { readFileSync } from "node:fs";

/** A certificate of localhost's, for tests. It protects nothing. */
export const CERTIFICATE = {
  key: readFileSync(new URL("fixtures/localhost.key.pem", import.meta.url), "utf8"),
  cert: readFileSync(new URL("fixtures/localhost.cert.pem", import.meta.url), "utf8"),
};
