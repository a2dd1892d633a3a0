import { expect, onTestFinished, test, vi } from "vitest";
import { ask, keepState, listen, validated, withToken } from "./guide.ts";
import { startServer } from "./support/server.ts";

const GAP = 'id: e-1\nevent: tidings:gap\ndata: {"reason":"trimmed","after":"e-0","resumesAt":"e-1"}\n\n';

test("listen: the loop ends when the server says so", async () => {
  const server = await startServer(({ stream, end, refuse }, number) => {
    if (number === 2) return refuse(204);
    stream('id: e-1\nretry: 1\nevent: price\ntopic: orders/42\ndata: {"total":9}\n\n');
    end();
  });
  const shown: string[] = [];
  await listen(server.url, (text) => shown.push(text));
  expect(shown).toEqual(['e-1 price orders/42 {"total":9}']);
});

test("state: refetched at a gap", async () => {
  const server = await startServer(({ stream }) => stream(`${GAP}id: e-2\ntopic: orders/1\ndata: 2\n\n`));
  const told: unknown[] = [];
  const stream = keepState(
    server.url,
    () => told.push("refetch"),
    (data) => told.push(data),
  );
  onTestFinished(() => stream.close());
  await vi.waitFor(() => expect(told).toEqual(["refetch", 2]));
  expect(server.asked[0]?.url.search).toBe("?topic=orders%2F**&last=1");
});

test("token: fresh after a 401", async () => {
  const server = await startServer(({ asked, stream, refuse }) => {
    if (asked.headers.authorization === "Bearer fresh") stream("data: 1\n\n");
    else refuse(401);
  });
  const stream = withToken(server.url, async ({ fresh }) => (fresh ? "fresh" : "stale"));
  onTestFinished(() => stream.close());
  await vi.waitFor(() => expect(stream.status).toBe("open"));
});

test("schema: typed, and checked", async () => {
  const server = await startServer(({ stream }) => stream('data: {"total":"9"}\n\ndata: {"total":9}\n\n'));
  const stream = validated(server.url);
  onTestFinished(() => stream.close());
  const totals: number[] = [];
  const codes: string[] = [];
  stream.on("event", ({ data }) => totals.push(data.total));
  stream.on("error", ({ code }) => codes.push(code));
  await vi.waitFor(() => expect([totals, codes]).toEqual([[9], ["invalid_data"]]));
});

test("one-shot: asked once", async () => {
  const server = await startServer(({ stream, end }) => {
    stream('data: {"text":"Hel"}\n\ndata: {"text":"lo"}\n\ndata: [DONE]\n\n');
    end();
  });
  let text = "";
  await ask(server.url, "hi", (more) => {
    text += more;
  });
  expect(text).toBe("Hello");
  expect(server.asked.map(({ method, body }) => [method, body])).toEqual([["POST", '{"prompt":"hi"}']]);
});
