import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createParser, encodeComment, encodeEvent, type WireErrorCode } from "@tidings/wire";
import { expect, it, onTestFinished, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const source = readFileSync(new URL("../src/wire-error.ts", import.meta.url), "utf8");

it("what the README says of the encoder is so", () => {
  // #region encode
  const block = encodeEvent({ id: "m3k9x2-1042", event: "price", topic: "orders/42", data: '{"total":9}' });
  const heartbeat = encodeEvent({ id: "m3k9x2-1043" }); // moves the reader's last event id, dispatches nothing
  const comment = encodeComment("hello");
  // #endregion encode
  expect(readme).toContain(`\`\`\`\n${block}\`\`\`\n`);
  expect(heartbeat).toBe("id: m3k9x2-1043\n\n");
  expect(comment).toBe(": hello\n\n");
});

it("what the README says of the parser is so", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeComment("hello") + encodeEvent({ id: "1", retry: 500, topic: "news", data: "a" }));
    response.end(encodeEvent({ id: "2" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const console = { log: vi.fn() };
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;

  // #region parse
  const parser = createParser({
    onEvent: ({ id, event, topic, data }) => console.log({ id, event, topic, data }),
    onId: (id) => console.log(`nothing new up to ${id}`),
    onRetry: (milliseconds) => console.log(`reconnect after ${milliseconds} ms`),
    onComment: (text) => console.log(`: ${text}`),
  });
  const response = await fetch(url);
  for await (const chunk of response.body ?? []) parser.feed(chunk);
  // #endregion parse

  expect(console.log.mock.calls).toEqual([
    [": hello"],
    ["reconnect after 500 ms"],
    [{ id: "1", event: "message", topic: "news", data: "a" }],
    ["nothing new up to 2"],
  ]);
  expect(parser.lastEventId).toBe("2");
});

it("the README and the source tell of the same error codes: all there are", () => {
  // A code that is missing here, or one too many, does not compile.
  const codes: Record<WireErrorCode, true> = {
    line_break: true,
    nul: true,
    ill_formed: true,
    invalid_retry: true,
    buffer_overflow: true,
    parser_stopped: true,
  };
  const row = /^(?: \* )?\| `(\w+)` \|/gm;
  for (const text of [readme, source]) {
    expect([...text.matchAll(row)].map(([, code]) => code)).toEqual(Object.keys(codes));
  }
});
