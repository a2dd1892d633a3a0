import { expect, test } from "vitest";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";
import { bearer, grant, SECRET } from "./support/tokens.ts";

test.for([
  ["public", "gzip", null],
  ["all", "gzip", "gzip"],
  ["none", null, null],
] as const)(
  "compression %s: of a stream for anybody, and of one behind a token",
  async ([compression, open, guarded]) => {
    const { url } = await testHub({ jwtSecret: [SECRET], public: ["news"], compression });
    const token = await grant({ subscribe: ["**"] });
    for (const [headers, encoding] of [
      [{}, open],
      [bearer(token), guarded],
    ] as const) {
      const reader = await listen(`${url}/events?topic=news`, headers);
      expect(reader.response.headers.get("content-encoding")).toBe(encoding);
      await reader.until(({ event }) => event === "tidings:live");
      reader.close();
    }
  },
);
