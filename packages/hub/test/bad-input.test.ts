import { describe, expect, test } from "vitest";
import { type Answer, ask, openSocket, type Question } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";

const MIB = 2 ** 20;
const json = { "content-type": "application/json" };

type Row = [
  name: string,
  question: Question,
  status: number,
  code: string,
  field?: string | undefined,
  detail?: RegExp,
];

const ROWS: readonly Row[] = [
  // Listening.
  ["no topic", { path: "/events" }, 400, "topic_required", "topic"],
  ["an empty topic", { path: "/events?topic=" }, 400, "invalid_topic", "topic"],
  ["a bad topic", { path: "/events?topic=a//b" }, 400, "invalid_topic", "topic", /empty level/],
  ["a topic with dots", { path: "/events?topic=a/../b" }, 400, "invalid_topic", "topic"],
  ["a topic with a control character", { path: "/events?topic=a%0Ab" }, 400, "invalid_topic", "topic"],
  [
    "a topic that is too long",
    { path: `/events?topic=${"a".repeat(257)}` },
    400,
    "invalid_topic",
    "topic",
    /256 bytes/,
  ],
  ["a bad pattern", { path: "/events?topic=a*" }, 400, "invalid_pattern", "topic"],
  ["a pattern with ** in the middle", { path: "/events?topic=**/a" }, 400, "invalid_pattern", "topic"],
  ["a topic of the hub's own", { path: "/events?topic=tidings:x" }, 400, "reserved_topic", "topic"],
  ["too many topics", { path: `/events?${topics(101)}` }, 400, "too_many_topics", "topic", /101 topics.*100/],
  [
    "a wrong Accept",
    { path: "/events?topic=a", headers: { accept: "application/json" } },
    406,
    "not_acceptable",
    "accept",
  ],
  ["a wrong ?last", { path: "/events?topic=a&last=x" }, 400, "invalid_parameter", "last"],
  ["a wrong ?from", { path: "/events?topic=a&from=yesterday" }, 400, "invalid_parameter", "from"],
  // Publishing one.
  [
    "a body over 1 MiB",
    { method: "POST", path: "/topics/a", body: "x".repeat(MIB + 1) },
    413,
    "event_too_large",
    undefined,
    /1048576 bytes/,
  ],
  [
    "a chunked body over 1 MiB",
    { method: "POST", path: "/topics/a", headers: { "transfer-encoding": "chunked" }, body: "x".repeat(MIB + 1) },
    413,
    "event_too_large",
  ],
  [
    "not UTF-8",
    { method: "POST", path: "/topics/a", body: Uint8Array.of(0x68, 0xff, 0xfe) },
    400,
    "invalid_utf8",
    "data",
  ],
  [
    "half a character",
    { method: "POST", path: "/topics/a", body: Uint8Array.of(0xe2, 0x82) },
    400,
    "invalid_utf8",
    "data",
  ],
  ["invalid JSON", { method: "POST", path: "/topics/a", headers: json, body: "{oops" }, 400, "invalid_json", "data"],
  ["no JSON at all", { method: "POST", path: "/topics/a", headers: json, body: "" }, 400, "invalid_json", "data"],
  [
    "invalid JSON of a kind",
    {
      method: "POST",
      path: "/topics/a",
      headers: { "content-type": "application/vnd.a+json; charset=utf-8" },
      body: "x",
    },
    400,
    "invalid_json",
    "data",
  ],
  [
    "a reserved event name",
    { method: "POST", path: "/topics/a?event=open", body: "x" },
    400,
    "reserved_event_name",
    "event",
  ],
  [
    "an event name of the hub's own",
    { method: "POST", path: "/topics/a?event=tidings:gap", body: "x" },
    400,
    "reserved_event_name",
    "event",
  ],
  [
    "a line break in the event name",
    { method: "POST", path: "/topics/a?event=a%0Adata:x", body: "x" },
    400,
    "invalid_event_name",
    "event",
  ],
  [
    "two event names",
    { method: "POST", path: "/topics/a?event=a&event=b", body: "x" },
    400,
    "invalid_parameter",
    "event",
  ],
  ["an event name without data", { method: "POST", path: "/topics/a?event=bye&end=true" }, 400, "invalid_data", "data"],
  ["a wrong ?end", { method: "POST", path: "/topics/a?end=yes", body: "x" }, 400, "invalid_parameter", "end"],
  [
    "an empty key",
    { method: "POST", path: "/topics/a", headers: { "idempotency-key": "" }, body: "x" },
    400,
    "invalid_idempotency_key",
  ],
  [
    "a key that is too long",
    { method: "POST", path: "/topics/a", headers: { "idempotency-key": "k".repeat(257) }, body: "x" },
    400,
    "invalid_idempotency_key",
  ],
  ["no topic to publish to", { method: "POST", path: "/topics/", body: "x" }, 400, "invalid_topic", "topic"],
  ["a bad topic to publish to", { method: "POST", path: "/topics/a//b", body: "x" }, 400, "invalid_topic", "topic"],
  ["dots to publish to", { method: "POST", path: "/topics/a/%2e%2e/b", body: "x" }, 400, "invalid_topic", "topic"],
  [
    "a pattern where a topic is needed",
    { method: "POST", path: "/topics/a/*", body: "x" },
    400,
    "pattern_not_allowed",
    "topic",
  ],
  ["the hub's own topic", { method: "POST", path: "/topics/tidings:x", body: "x" }, 400, "reserved_topic", "topic"],
  [
    "an encoded slash",
    { method: "POST", path: "/topics/a%2Fb", body: "x" },
    400,
    "invalid_topic",
    "topic",
    /encoded slash \(%2F\)/,
  ],
  [
    "a topic that is not percent-encoded",
    { method: "POST", path: "/topics/%zz", body: "x" },
    400,
    "invalid_topic",
    "topic",
  ],
  ["a topic that is not UTF-8", { method: "POST", path: "/topics/%ff", body: "x" }, 400, "invalid_topic", "topic"],
  // Publishing many.
  ["an empty batch", { method: "POST", path: "/events" }, 400, "invalid_batch", undefined, /empty/],
  ["a batch of blank lines", { method: "POST", path: "/events", body: "\n \r\n" }, 400, "invalid_batch"],
  ["an empty array", { method: "POST", path: "/events", body: "[]" }, 400, "invalid_batch"],
  [
    "a malformed line",
    batch('{"topic":"a","data":1}\n\n{oops\n'),
    400,
    "invalid_batch",
    undefined,
    /^Line 3 is not JSON/,
  ],
  [
    "a line that is no object",
    batch('{"topic":"a","data":1}\n7'),
    400,
    "invalid_batch",
    undefined,
    /^Line 2 is not an object/,
  ],
  [
    "an unknown field",
    batch('{"topic":"a","data":1,"evnt":"x"}'),
    400,
    "invalid_batch",
    "evnt",
    /^Line 1 has an unknown field "evnt"/,
  ],
  ["a line without a topic", batch('{"data":1}'), 400, "invalid_batch", "topic", /^Line 1/],
  ["a line without data", batch('{"topic":"a"}'), 400, "invalid_batch", "data", /^Line 1/],
  ["an event name that is no string", batch('{"topic":"a","data":1,"event":2}'), 400, "invalid_batch", "event"],
  ["a key that is no string", batch('{"topic":"a","data":1,"key":2}'), 400, "invalid_batch", "key"],
  ["an end that is no boolean", batch('{"topic":"a","data":1,"end":"no"}'), 400, "invalid_batch", "end"],
  [
    "a bad topic in a batch",
    batch('{"topic":"a","data":1}\n{"topic":"a//b","data":1}'),
    400,
    "invalid_topic",
    "topic",
    /^Line 2: /,
  ],
  ["a bad topic alone in a batch", batch('\n{"topic":"a//b","data":1}'), 400, "invalid_topic", "topic", /^Line 2: /],
  [
    "a reserved name in an array",
    batch('[{"topic":"a","data":1},{"topic":"a","data":1,"event":"error"}]'),
    400,
    "reserved_event_name",
    "event",
    /^Item 2: /,
  ],
  ["an array that is no JSON", batch("[{]"), 400, "invalid_batch"],
  ["a batch that is not UTF-8", { method: "POST", path: "/events", body: Uint8Array.of(0xff) }, 400, "invalid_utf8"],
  [
    "a batch over its limit",
    batch(`{"topic":"a","data":"${"x".repeat(8 * MIB)}"}`),
    413,
    "event_too_large",
    undefined,
    /8388608 bytes/,
  ],
  [
    "an event over its limit in a batch",
    batch(`{"topic":"a","data":1}\n{"topic":"a","data":"${"x".repeat(MIB + 1)}"}`),
    413,
    "event_too_large",
    "data",
    /^Line 2: /,
  ],
  ["too many events", batch('{"topic":"a","data":1}\n'.repeat(10_001)), 400, "invalid_batch", undefined, /10000/],
  // Reading.
  ["a wrong limit", { path: "/topics?limit=0" }, 400, "invalid_parameter", "limit", /from 1 to 1000/],
  ["a limit that is no number", { path: "/topics/a?limit=ten" }, 400, "invalid_parameter", "limit"],
  ["two limits", { path: "/connections?limit=1&limit=2" }, 400, "invalid_parameter", "limit"],
  ["history on and back at once", { path: "/topics/a?last=1&after=x-1" }, 400, "invalid_parameter", "after"],
  ["history before what is no id", { path: "/topics/a?before=x" }, 400, "invalid_parameter", "before"],
  ["history before an id of another log", { path: "/topics/a?before=zzzz-9" }, 400, "invalid_parameter", "before"],
  ["none of the last of history", { path: "/topics/a?last=0" }, 400, "invalid_parameter", "last"],
  ["the history of a pattern", { path: "/topics/a/*" }, 400, "pattern_not_allowed", "topic"],
  ["forgetting what is not there", { method: "DELETE", path: "/topics/nothing" }, 404, "not_found"],
  ["kicking nobody named", { method: "DELETE", path: "/connections" }, 400, "invalid_parameter"],
  ["kicking an empty subject", { method: "DELETE", path: "/connections?subject=" }, 400, "invalid_parameter"],
  ["kicking for no time", { method: "DELETE", path: "/connections?subject=a&for=10" }, 400, "invalid_parameter"],
  ["closing what is not there", { method: "DELETE", path: "/connections/nobody" }, 404, "not_found"],
  [
    "a wrong ?reconnect",
    { method: "DELETE", path: "/connections/nobody?reconnect=no" },
    400,
    "invalid_parameter",
    "reconnect",
  ],
  // Neither.
  ["an unknown path", { path: "/nope" }, 404, "not_found", undefined, /\/topics\/<topic>/],
  ["an unknown path below a known one", { path: "/events/a" }, 404, "not_found"],
  ["a path that is no path", { path: "/%zz" }, 400, "invalid_topic"],
  [
    "a wrong method",
    { method: "PUT", path: "/topics/a", body: "x" },
    405,
    "method_not_allowed",
    undefined,
    /use DELETE, GET, HEAD, OPTIONS, POST/,
  ],
  ["a method nobody knows", { method: "PATCH", path: "/healthz" }, 405, "method_not_allowed"],
];

test.each(ROWS)("%s", async (_name, question, status, code, field, detail) => {
  const { port } = await testHub();

  const answer = await ask(port, question);

  expectProblem(answer, status, code);
  if (field !== undefined) expect(answer.json.field).toBe(field);
  if (detail !== undefined) expect(answer.json.detail).toMatch(detail);
  const { json } = await ask(port, { path: "/topics" });
  expect(json.topics, "nothing was stored").toEqual([]);
});

describe("a problem", () => {
  test("405 says what is allowed", async () => {
    const { port } = await testHub();
    const { headers } = await ask(port, { method: "DELETE", path: "/topics" });
    expect(headers.allow).toBe("GET, HEAD, OPTIONS");
    const events = await ask(port, { method: "DELETE", path: "/events" });
    expect(events.headers.allow).toBe("GET, OPTIONS, POST");
  });

  test("409 and 422 speak of what was published before", async () => {
    const { port } = await testHub();
    const headers = { "idempotency-key": "k" };
    await ask(port, { method: "POST", path: "/topics/a", headers, body: "one" });
    expectProblem(
      await ask(port, { method: "POST", path: "/topics/a", headers, body: "two" }),
      422,
      "idempotency_conflict",
    );
    await ask(port, { method: "POST", path: "/topics/a?end=true" });
    expectProblem(await ask(port, { method: "POST", path: "/topics/a", body: "three" }), 409, "topic_ended");
    const late = await ask(port, batch('{"topic":"b","data":1}\n{"topic":"a","data":1}'));
    expectProblem(late, 409, "topic_ended");
    expect(late.json).toMatchObject({ index: 1, detail: expect.stringMatching(/^Line 2: /) });
    expect((await ask(port, { path: "/topics/b" })).json.events).toEqual([]);
  });

  test("a malformed Last-Event-ID is a gap, and no error", async () => {
    const { url } = await testHub();
    const reader = await listen(`${url}/events?topic=a`, { "last-event-id": "not one of ours" });
    const gap = await reader.until(({ event }) => event === "tidings:gap");
    expect(JSON.parse(gap.data)).toMatchObject({ reason: "unknown", after: "not one of ours" });
    reader.close();
    await reader.ended;
  });
});

describe("what is hardly HTTP", () => {
  test.each([
    ["no HTTP at all", "hello\r\n\r\n", 400, "bad_request"],
    ["no Host", "GET /topics HTTP/1.1\r\n\r\n", 400, undefined],
    [
      "endless headers",
      `GET /topics HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(200_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    [
      "two lengths",
      "POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      400,
      "bad_request",
    ],
  ])("%s", async (_name, request, status, code) => {
    const { port } = await testHub();
    const { socket, received } = await openSocket(port);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(request);
    await closed;
    expect(received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (code !== undefined) {
      expect(received()).toContain("application/problem+json");
      expect(received()).toContain(`"code":"${code}"`);
    }
    expect(received()).not.toMatch(/\bat .*\.(js|ts):\d/);
  });

  test("a body without end is refused without being read whole", async () => {
    const { port } = await testHub();
    const { socket, received } = await openSocket(port);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", send);
    socket.write("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    send();
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    // The limit, and what two socket buffers hold.
    expect(socket.bytesWritten).toBeLessThan(24 * MIB);
  });

  test("an absolute target is taken apart, and its authority counts", async () => {
    const { port } = await testHub();
    expect((await ask(port, { path: `http://localhost:${port}/topics` })).status).toBe(200);
    expectProblem(await ask(port, { path: "http://evil.example/topics" }), 403, "not_loopback");
  });
});

function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json.code }).toEqual({ status, code });
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.json).toMatchObject({ status, title: expect.any(String), type: expect.stringContaining(code) });
  expect(answer.json.detail.length).toBeGreaterThan(20);
  expect(answer.text, "no stack").not.toMatch(/\bat .*\.(js|ts):\d/);
}

function batch(body: string): Question {
  return { method: "POST", path: "/events", headers: { "content-type": "application/x-ndjson" }, body };
}

function topics(count: number): string {
  return Array.from({ length: count }, (_, at) => `topic=t${at}`).join("&");
}
