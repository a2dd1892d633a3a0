import { createHub, type HandlerOptions, type Hub, type HubOptions, TidingsError } from "@tidings/server";
import { afterEach, describe, expect, test } from "vitest";
import { systemRuntime } from "../../src/hub/timers.ts";
import { type Adapter, type Asked, MIDDLEWARE_HEADERS, type Served } from "./adapters.ts";
import { type Answer, eventually, published, toBlocks } from "./answer.ts";

const SECRET = "password of the database";

/** What every adapter does alike. */
export function adapterSuite(adapter: Adapter): void {
  describe(adapter.name, () => {
    const errors: unknown[] = [];
    let hub: Hub;
    let served: Served;

    async function start(options: HandlerOptions<Asked> = {}, hubOptions: HubOptions = {}): Promise<void> {
      hub = createHub({ retry: 10, onError: (error) => errors.push(error), ...hubOptions });
      await hub.ready;
      served = await adapter.serve(hub, options);
    }

    const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> =>
      served.client.get(path, { method, headers });

    /** A stream that is live: what is published from now on comes to it. */
    async function listening(path: string, headers: Record<string, string> = {}): Promise<Answer> {
      const answer = await get(path, headers);
      await answer.body.until("event: tidings:live");
      return answer;
    }

    afterEach(async () => {
      served.client.close();
      await eventually(() => hub.status().connections === 0);
      await hub.close({ drain: 0 });
      await served.close();
      expect(await served.open()).toBe(0);
      expect(errors.splice(0)).toEqual([]);
    });

    describe("the head", () => {
      test("keeps everything on the way from storing, changing or holding back the stream", async () => {
        await start();
        const { status, headers } = await listening("/events?topic=news");
        expect(status).toBe(200);
        expect(headers).toMatchObject({
          "content-type": "text/event-stream",
          "cache-control": "no-store, no-transform",
          "x-accel-buffering": "no",
        });
        expect(headers).not.toHaveProperty("content-length");
        expect(headers).not.toHaveProperty("content-encoding");
      });

      if (adapter.hasMiddleware)
        test("has what middleware has set, on streams and on refusals", async () => {
          await start({ authorize: (request) => request.header("x-guest") === undefined });
          const cookies = MIDDLEWARE_HEADERS["set-cookie"].join(", ");
          const expected = { ...MIDDLEWARE_HEADERS, "set-cookie": cookies };
          expect((await listening("/events?topic=news")).headers).toMatchObject(expected);
          const refused = await get("/events?topic=news", { "x-guest": "1" });
          expect(refused.status).toBe(403);
          expect(refused.headers).toMatchObject(expected);
        });

      test("comes at once, with tidings:open, when nothing is published", async () => {
        await start();
        const { body } = await listening("/events?topic=news");
        const [open, live] = toBlocks(body.text);
        expect(open).toMatchObject({ event: "tidings:open", id: expect.any(String) });
        expect(Number(open?.retry)).toBeGreaterThan(0);
        expect(JSON.parse(open?.data ?? "")).toMatchObject({ topics: ["news"], heartbeat: 15_000 });
        expect(live).toMatchObject({ event: "tidings:live" });
      });
    });

    describe("events", () => {
      test("come out as they were published, to the byte", async () => {
        await start();
        const { body } = await listening("/events?topic=news");
        const before = body.text;
        const first = await hub.publish("news", "a\r\nb\nc — ü 漢 🎈");
        const second = await hub.publish("news", { total: 9 }, { event: "price" });
        await body.until('{"total":9}\n\n');
        expect(body.text.slice(before.length)).toBe(
          `id: ${first.id}\ntopic: news\ndata: a\ndata: b\ndata: c — ü 漢 🎈\n\n` +
            `id: ${second.id}\nevent: price\ntopic: news\ndata: {"total":9}\n\n`,
        );
      });

      test("cannot forge a field, a block or a header", async () => {
        await start();
        const { body } = await listening("/events?topic=news");
        await expect(hub.publish("news", "x", { event: "a\ndata: forged" })).rejects.toMatchObject({
          code: "invalid_event_name",
        });
        const hostile = "x\n\nid: forged\nevent: forged\r\ndata: forged\rretry: 1\n\nHTTP/1.1 200 OK\r\n\r\n";
        await hub.publish("news", hostile);
        await hub.publish("news", "last");
        await body.until("data: last\n\n");
        const blocks = toBlocks(body.text).filter(({ topic }) => topic === "news");
        expect(blocks).toHaveLength(2);
        expect(blocks.filter(({ id, event }) => id === "forged" || event === "forged")).toEqual([]);
      });

      test("come from several topics and patterns, those asked for only", async () => {
        await start();
        const { body } = await listening("/events?topic=news&topic=orders/*&topic=logs/**");
        for (const topic of ["news", "other", "orders/1", "orders/1/x", "logs", "logs/a/b"]) {
          await hub.publish(topic, topic);
        }
        await hub.publish("news", "last");
        await body.until("data: last\n\n");
        expect(published(body.text)).toEqual(["news", "orders/1", "logs/a/b", "last"]);
      });

      test("come from the endpoint's own topics, whatever the address says", async () => {
        await start({ topics: ["news"] });
        const { body } = await listening("/events?topic=secret");
        await hub.publish("secret", "no");
        await hub.publish("news", "yes");
        await body.until("data: yes\n\n");
        expect(published(body.text)).toEqual(["yes"]);
      });

      test.for([
        ["", (request: Asked) => [`users/${request.header("x-user")}`]],
        [", after a while", async (request: Asked) => [`users/${request.header("x-user")}`]],
      ] as const)("come from topics by request%s", async ([, topics]) => {
        await start({ topics });
        const { body } = await listening("/events", { "x-user": "ada" });
        await hub.publish("users/bob", "no");
        await hub.publish("users/ada", "yes");
        await body.until("data: yes\n\n");
        expect(published(body.text)).toEqual(["yes"]);
      });
    });

    describe("a reader that accepts gzip", () => {
      const GZIP = { "accept-encoding": "br, gzip;q=0.8" };

      test("gets the same stream, compressed", async () => {
        await start({ onConnect: (connection) => connection.send("hello — ü 漢 🎈") });
        const [plain, first, second] = await Promise.all(
          [{}, GZIP, GZIP].map((headers) => listening("/events?topic=news", headers)),
        );
        for (const { headers } of [first, second] as Answer[]) {
          expect(headers).toMatchObject({
            "content-type": "text/event-stream",
            "content-encoding": "gzip",
            "cache-control": "no-store, no-transform",
          });
          expect(headers.vary).toMatch(/accept-encoding/i);
        }
        expect(plain?.headers).not.toHaveProperty("content-encoding");
        expect(plain?.headers.vary).toMatch(/accept-encoding/i);

        await hub.publish("news", "alone — ü 漢 🎈");
        await Promise.all(Array.from({ length: 200 }, (_, at) => hub.publish("news", `event ${at} ${"x".repeat(at)}`)));
        await hub.end("news");
        for (const answer of [plain, first, second] as Answer[]) {
          await answer.body.until("event: tidings:end");
          expect(await answer.body.ended()).toBe("end");
        }
        const [text, ...others] = ([plain, first, second] as Answer[]).map(({ body }) =>
          body.text.slice(body.text.indexOf("\n\n")),
        );
        expect(published(text as string)).toHaveLength(202);
        expect(others).toEqual([text, text]);
      });

      test("is refused in plain text", async () => {
        await start({ authorize: () => false });
        const { status, headers, body } = await get("/events?topic=news", GZIP);
        expect(status).toBe(403);
        expect(headers).not.toHaveProperty("content-encoding");
        await body.until("forbidden");
      });

      test("gets plain text where authorize guards", async () => {
        await start({ authorize: () => true });
        const { headers } = await listening("/events?topic=news", GZIP);
        expect(headers).not.toHaveProperty("content-encoding");
        expect(headers).not.toHaveProperty("vary");
      });
    });

    describe("a reader that comes back", () => {
      async function five(): Promise<string[]> {
        const ids = [];
        for (const data of ["1", "2", "3", "4", "5"]) ids.push((await hub.publish("news", data)).id);
        return ids;
      }

      test("gets what it has missed, once, in order, and then what is new", async () => {
        await start();
        const ids = await five();
        const { body } = await listening("/events?topic=news", { "last-event-id": ids[1] as string });
        await hub.publish("news", "6");
        await body.until("data: 6\n\n");
        expect(published(body.text)).toEqual(["3", "4", "5", "6"]);
        expect(body.text).not.toContain("tidings:gap");
      });

      test("may name its id in the address; the header wins", async () => {
        await start();
        const ids = await five();
        const inAddress = await listening(`/events?topic=news&lastEventId=${ids[3]}`);
        expect(published(inAddress.body.text)).toEqual(["5"]);
        const both = await listening(`/events?topic=news&lastEventId=${ids[3]}&from=earliest&last=5`, {
          "last-event-id": ids[2] as string,
        });
        expect(published(both.body.text)).toEqual(["4", "5"]);
      });

      test("is told of a gap for an id that is none of the hub's", async () => {
        await start();
        const { body } = await listening("/events?topic=news", { "last-event-id": "nonsense" });
        const gap = toBlocks(body.text).find(({ event }) => event === "tidings:gap");
        expect(JSON.parse(gap?.data ?? "")).toMatchObject({ reason: "unknown", after: "nonsense" });
      });

      test("may ask for all there is, or for the newest", async () => {
        await start();
        await five();
        expect(published((await listening("/events?topic=news&from=earliest")).body.text)).toEqual([
          "1",
          "2",
          "3",
          "4",
          "5",
        ]);
        expect(published((await listening("/events?topic=news&last=2")).body.text)).toEqual(["4", "5"]);
        const since = new Date(Date.now() - 60_000).toISOString();
        expect(published((await listening(`/events?topic=news&from=${since}`)).body.text)).toHaveLength(5);
      });

      test("gets 204 when its topics have ended and it has everything", async () => {
        await start();
        const { id } = await hub.publish("news", "last", { end: true });
        const { status, body } = await get("/events?topic=news", { "last-event-id": id });
        expect(status).toBe(204);
        expect(await body.ended()).toBe("end");
        expect(body.text).toBe("");
      });
    });

    describe("refusals", () => {
      test("403 before the first byte, when authorize says no", async () => {
        await start({ authorize: async (_request, topics) => !topics.includes("secret") });
        const answer = await get("/events?topic=secret");
        expect(answer.status).toBe(403);
        expect(await problem(answer)).toMatchObject({ code: "forbidden" });
        expect((await listening("/events?topic=news")).status).toBe(200);
      });

      test.for(["topics", "authorize", "subject", "address"] as const)(
        "a TidingsError of %s answers with its code",
        async (name) => {
          const refuse = (): never => {
            throw new TidingsError("unauthorized", "Sign in first.");
          };
          await start({ topics: ["news"], [name]: refuse });
          const answer = await get("/events");
          expect(answer.status).toBe(401);
          expect(await problem(answer)).toMatchObject({ code: "unauthorized", detail: "Sign in first." });
        },
      );

      test.for([
        ["topics", (error: Error) => () => Promise.reject(error)],
        ["authorize", (error: Error) => () => Promise.reject(error)],
        ["address", throwing],
        ["subject", throwing],
      ] as const)("500 that tells nothing of it, when %s throws; the application is told", async ([name, fail]) => {
        const error = new Error(SECRET);
        await start({ topics: ["news"], [name]: fail(error) });
        const answer = await get("/events");
        expect(answer.status).toBe(500);
        expect(await problem(answer)).toMatchObject({ code: "internal_error" });
        expect(answer.body.text).not.toContain(SECRET);
        expect(errors.splice(0)).toEqual([error]);
      });

      test.for(["POST", "PUT", "DELETE"])("405 with Allow for %s", async (method) => {
        await start();
        const answer = await get("/events?topic=news", {}, method);
        expect(answer.status).toBe(405);
        expect(answer.headers.allow).toBe("GET");
        expect(await problem(answer)).toMatchObject({ code: "method_not_allowed" });
      });

      test("406 for who accepts no event stream", async () => {
        await start();
        const answer = await get("/events?topic=news", { accept: "application/json" });
        expect(answer.status).toBe(406);
        expect(await problem(answer)).toMatchObject({ code: "not_acceptable" });
        for (const accept of ["text/event-stream", "*/*", "text/*;q=0.5", "application/json, text/event-stream"]) {
          expect((await get("/events?topic=news", { accept })).status).toBe(200);
        }
      });

      test.for([
        ["/events", "topic_required"],
        ["/events?topic=", "invalid_topic"],
        ["/events?topic=a//b", "invalid_topic"],
        ["/events?topic=a%0Ab", "invalid_topic"],
        ["/events?topic=a*", "invalid_pattern"],
        ["/events?topic=news&last=many", "invalid_parameter"],
        ["/events?topic=news&from=yesterday", "invalid_parameter"],
        [`/events?${"topic=a&".repeat(101)}`, "too_many_topics"],
      ] as const)("400 for %s: %s", async ([path, code]) => {
        await start();
        const answer = await get(path);
        expect(answer.status).toBe(400);
        expect(await problem(answer)).toMatchObject({ code });
      });

      test("503 with Retry-After from a full hub, for who reads problem documents", async () => {
        await start({}, { limits: { connections: 1 } });
        await listening("/events?topic=news");
        const answer = await get("/events?topic=news", { accept: "text/event-stream, application/problem+json" });
        expect(answer.status).toBe(503);
        expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
        expect(await problem(answer)).toMatchObject({ code: "too_many_connections" });
      });

      test("200, a time to come back and an end from a full hub, for an EventSource, which any other status stops for good", async () => {
        await start({}, { limits: { connections: 1 } });
        await listening("/events?topic=news");
        const answer = await get("/events?topic=news", { accept: "text/event-stream" });
        expect(answer.status).toBe(200);
        expect(answer.headers["content-type"]).toBe("text/event-stream");
        expect(await answer.body.ended()).toBe("end");
        expect(answer.body.text).toMatch(/^retry: \d{4,6}\n\n$/);
      });

      test("a place is given back: a full hub lets the next in when one has left", async () => {
        await start({ subject: () => "one" }, { limits: { connectionsPerSubject: 1 } });
        const accept = "text/event-stream, application/problem+json";
        for (let round = 0; round < 5; round++) {
          const inside = await listening("/events?topic=news");
          expect((await get("/events?topic=news", { accept })).status).toBe(503);
          inside.leave();
          await eventually(() => hub.status().connections === 0);
        }
      });
    });

    describe("onConnect", () => {
      test("greets right after tidings:open, before all history", async () => {
        await start({
          onConnect: (connection, request) => {
            connection.send({ hello: request.header("x-user") }, { event: "welcome" });
          },
        });
        await hub.publish("news", "old");
        const { body } = await listening("/events?topic=news&from=earliest", { "x-user": "ada" });
        const order = toBlocks(body.text).map(({ event, data }) => event ?? data);
        expect(order).toEqual(["tidings:open", "welcome", "old", "tidings:live"]);
        expect(body.text).toContain('event: welcome\ndata: {"hello":"ada"}\n\n');
      });

      test.for([
        ["throws", throwing],
        ["rejects", (error: Error) => () => Promise.reject(error)],
      ] as const)("that %s leaves the stream alone; the application is told", async ([, fail]) => {
        const error = new Error(SECRET);
        await start({ onConnect: fail(error) });
        const { body } = await listening("/events?topic=news");
        await hub.publish("news", "on");
        await body.until("data: on\n\n");
        expect(body.text).not.toContain(SECRET);
        expect(errors.splice(0)).toEqual([error]);
      });

      test("may close at once: the reader has its bye, and an end", async () => {
        await start({ onConnect: (connection) => connection.close({ reconnect: false }) });
        const { body } = await get("/events?topic=news");
        expect(await body.ended()).toBe("end");
        expect(toBlocks(body.text).map(({ event }) => event)).toEqual(["tidings:open", "tidings:bye"]);
        await eventually(() => hub.status().connections === 0);
      });
    });

    describe("the end", () => {
      test("a reader that leaves is forgotten at once", async () => {
        const reasons: string[] = [];
        await start(
          { subject: () => "ada" },
          { onDisconnected: (info, reason) => reasons.push(`${info.subject} ${reason}`) },
        );
        const staying = await listening("/events?topic=news");
        const leaving = await listening("/events?topic=news");
        expect(hub.connections()).toHaveLength(2);
        leaving.leave();
        await eventually(() => hub.status().connections === 1);
        await hub.publish("news", "on");
        await staying.body.until("data: on\n\n");
        expect(reasons).toEqual(["ada closed"]);
      });

      test("a grant says whose the stream is and ends it, and no later event reaches its reader", async () => {
        let time = Date.now();
        const expires = time + 3_600_000;
        const runtime = { ...systemRuntime, now: () => time };
        await start({ authorize: async () => ({ subject: "ada", expires }), address: () => "192.0.2.1" }, { runtime });
        const { body } = await listening("/events?topic=news");
        const transport = { socket: "http/1.1", response: "http/1.1", http2: "http/2", web: "fetch" }[
          adapter.transport
        ];
        expect(hub.connections()[0]).toMatchObject({ subject: "ada", address: "192.0.2.1", transport });
        await hub.publish("news", "before");
        await body.until("data: before\n\n");
        time = expires;
        await hub.publish("news", "after");
        expect(await body.ended()).toBe("end");
        expect(body.text).not.toContain("after");
        expect(body.text).toMatch(/event: tidings:bye\nretry: \d+\ndata: {"reason":"expired","reconnect":true}\n\n$/);
        expect((await get("/events?topic=news")).status).toBe(401);
      });

      test("hub.kick ends all streams of a subject, and keeps it out", async () => {
        await start({ subject: ({ header }) => header("x-user") });
        const ada = await listening("/events?topic=news", { "x-user": "ada" });
        const bob = await listening("/events?topic=news", { "x-user": "bob" });
        expect(hub.kick("ada", { for: 60_000 }).connections).toBe(1);
        expect(await ada.body.ended()).toBe("end");
        expect(ada.body.text).toMatch(/event: tidings:bye\ndata: {"reason":"kicked","reconnect":false}\n\n$/);
        expect(bob.body.ending).toBeUndefined();
        const answer = await get("/events?topic=news", { "x-user": "ada" });
        expect(answer.status).toBe(403);
        expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
        expect(await problem(answer)).toMatchObject({ code: "subject_barred" });
      });

      test("hub.disconnect says bye to one reader", async () => {
        await start();
        const staying = await listening("/events?topic=news");
        const id = hub.connections()[0]?.id as string;
        const other = await listening("/events?topic=news");
        expect(hub.disconnect(id, { reconnect: false })).toBe(true);
        expect(await staying.body.ended()).toBe("end");
        expect(staying.body.text).toMatch(/event: tidings:bye\ndata: {"reason":"kicked","reconnect":false}\n\n$/);
        expect(other.body.ending).toBeUndefined();
      });

      test("a topic that ends ends its streams, after its last event", async () => {
        await start();
        const { body } = await listening("/events?topic=news");
        await hub.publish("news", "last", { end: true });
        expect(await body.ended()).toBe("end");
        expect(
          toBlocks(body.text)
            .slice(-2)
            .map(({ event, data }) => event ?? data),
        ).toEqual(["last", "tidings:end"]);
      });

      test("hub.close ends every stream with a bye and a time of its own, and nothing keeps the server open", async () => {
        await start();
        const readers = await Promise.all(Array.from({ length: 5 }, () => listening("/events?topic=news")));
        await hub.close({ drain: 2_000 });
        for (const { body } of readers) {
          expect(await body.ended()).toBe("end");
          const bye = toBlocks(body.text).at(-1);
          expect(bye).toMatchObject({ event: "tidings:bye", retry: expect.stringMatching(/^\d+$/) });
        }
        await served.close();
        expect(await served.open()).toBe(0);
      });

      test("a closed hub sends readers away: 503", async () => {
        await start();
        await hub.close();
        const accept = "text/event-stream, application/problem+json";
        const answer = await get("/events?topic=news", { accept });
        expect(answer.status).toBe(503);
      });
    });

    describe("a reader that stops reading", () => {
      const BOUND = 64 * 1024;
      const PIECE = "x".repeat(50_000);

      test("costs no more than the bound, and goes on where it was", async () => {
        await start({}, { limits: { bufferedBytes: BOUND } });
        const reader = await listening("/events?topic=news");
        const other = await listening("/events?topic=news");
        reader.pause();
        let most = 0;
        const total = 500;
        for (let n = 0; n < total; n++) {
          await hub.publish("news", `${n} ${PIECE}`);
          for (const { buffered } of hub.connections()) most = Math.max(most, buffered);
        }
        // 25 MB were published. A socket just below its bound takes one more flush, which is 256 KiB and an event at most.
        expect(most).toBeLessThan(BOUND + 256 * 1024 + 2 * PIECE.length);
        expect(hub.connections().some(({ state, buffered }) => state === "catching-up" && buffered > 0)).toBe(true);
        await hub.publish("news", "last");
        await other.body.until("data: last\n\n");
        expect(published(other.body.text)).toHaveLength(total + 1);

        reader.resume();
        await reader.body.until("data: last\n\n");
        await eventually(() => hub.connections().every(({ state }) => state === "live"));
        const numbers = published(reader.body.text).map((data) => data.split(" ")[0]);
        expect(numbers).toEqual([...Array(total).keys(), "last"].map(String));
        expect(reader.body.text).not.toContain("tidings:gap");
        expect(hub.connections().every(({ buffered }) => buffered === 0)).toBe(true);
      });

      test("and then leaves, is forgotten", async () => {
        await start({}, { limits: { bufferedBytes: BOUND } });
        const reader = await listening("/events?topic=news");
        reader.pause();
        for (let n = 0; n < 400; n++) await hub.publish("news", PIECE);
        expect(hub.connections()[0]?.buffered).toBeGreaterThan(0);
        reader.leave();
        await eventually(() => hub.status().connections === 0);
        await hub.publish("news", "to nobody");
      });
    });
  });
}

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** The problem document that an answer is. */
async function problem(answer: Answer): Promise<Record<string, unknown>> {
  await answer.body.ended();
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.headers["cache-control"]).toBe("no-store");
  const told = JSON.parse(answer.body.text) as Record<string, unknown>;
  expect(told.status).toBe(answer.status);
  return told;
}
