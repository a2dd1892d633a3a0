import { createHub, type HandlerOptions, type Hub } from "@tidings/server";
import { afterEach, describe, expect, test } from "vitest";
import { ADAPTERS, type Asked, MIDDLEWARE_HEADERS, type Served } from "./adapters.ts";
import { eventually, published, toBlocks } from "./answer.ts";
import { openRaw, type Raw, request } from "./raw.ts";

const STREAM = request("/events?topic=news");

// What goes over the wire of HTTP/1.x, where the transport has the socket to itself.
for (const adapter of ADAPTERS.filter(({ transport }) => transport === "socket")) {
  describe(adapter.name, () => {
    const errors: unknown[] = [];
    const raws: Raw[] = [];
    let hub: Hub;
    let served: Served;

    async function start(options: HandlerOptions<Asked> = {}): Promise<void> {
      hub = createHub({ onError: (error) => errors.push(error) });
      await hub.ready;
      served = await adapter.serve(hub, options);
    }

    async function open(): Promise<Raw> {
      const raw = await openRaw(served.port as number, /TLS|https/.test(adapter.name));
      raws.push(raw);
      return raw;
    }

    async function listening(sent = STREAM): Promise<Raw> {
      const raw = await open();
      raw.send(sent);
      await raw.body.until("event: tidings:live\n");
      return raw;
    }

    afterEach(async () => {
      for (const { socket } of raws.splice(0)) socket.destroy();
      served.client.close();
      await eventually(() => hub.status().connections === 0);
      await hub.close({ drain: 0 });
      await served.close();
      expect(await served.open()).toBe(0);
      expect(errors.splice(0)).toEqual([]);
    });

    test("the head is delimited by the connection's end, and has each header once", async () => {
      await start();
      const { body } = await listening();
      const [head = "", text = ""] = body.text.split(/\r\n\r\n(.*)/s);
      const [status, ...lines] = head.split("\r\n");
      expect(status).toBe("HTTP/1.1 200 OK");
      const names = lines.map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
      const expected = ["content-type", "cache-control", "x-accel-buffering", "date", "connection"];
      const cookies = MIDDLEWARE_HEADERS["set-cookie"].map(() => "set-cookie");
      expect(names).toEqual(expect.arrayContaining([...expected, ...cookies]));
      expect(names).not.toContain("transfer-encoding");
      expect(names).not.toContain("content-length");
      expect(names).not.toContain("keep-alive");
      expect(names.filter((name) => name !== "set-cookie")).toEqual(
        [...new Set(names)].filter((name) => name !== "set-cookie"),
      );
      expect(lines).toContain("connection: close");
      expect(text).toMatch(/^id: \S+\nevent: tidings:open\n/);
    });

    test("the stream's bytes are on the wire as they are, without chunks", async () => {
      await start();
      const { body } = await listening();
      const before = body.text.length;
      const { id } = await hub.publish("news", "hello");
      await body.until("data: hello\n\n");
      expect(body.text.slice(before)).toBe(`id: ${id}\ntopic: news\ndata: hello\n\n`);
    });

    test("HTTP/1.0 (nginx's default towards upstreams) gets the same", async () => {
      await start();
      const { body } = await listening("GET /events?topic=news HTTP/1.0\r\n\r\n");
      expect(body.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(body.text).not.toMatch(/transfer-encoding/i);
      await hub.publish("news", "hello");
      await body.until("data: hello\n\n");
    });

    test("Expect: 100-continue is answered, and then the stream", async () => {
      await start();
      const { body } = await listening(request("/events?topic=news", "Expect: 100-continue"));
      expect(body.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    });

    test("the stream may be the second request of a connection", async () => {
      await start();
      const raw = await open();
      raw.send(request("/events?topic=a//b"));
      await raw.body.until("invalid_topic");
      raw.send(STREAM);
      await raw.body.until("event: tidings:live\n");
      await hub.publish("news", "hello");
      await raw.body.until("data: hello\n\n");
    });

    test("a body is refused: what is left of it would stand where no request may", async () => {
      await start();
      for (const body of [
        ["Content-Length: 5", "", "12345"],
        ["Transfer-Encoding: chunked", "", "0", "", ""],
      ]) {
        const raw = await open();
        raw.send(...[`GET /events?topic=news HTTP/1.1`, "Host: localhost", ...body]);
        await raw.body.until('"code":"bad_request"');
        expect(raw.body.text).toMatch(/^HTTP\/1\.1 400 /);
      }
      await listening(request("/events?topic=news", "Content-Length: 0"));
    });

    test("a second request behind a stream ends the connection", async () => {
      await start();
      const raw = await listening();
      raw.send(STREAM);
      await raw.body.ended();
      await eventually(() => hub.status().connections === 0);
      expect(raw.body.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    });

    test("a second request in the same segment ends the connection, and never gets a byte", async () => {
      await start();
      const raw = await open();
      raw.send(STREAM + request("/events?topic=secret"));
      await raw.body.ended();
      await eventually(() => hub.status().connections === 0);
      expect(raw.body.text.match(/HTTP\/1\.1/g) ?? []).toHaveLength(0);
    });

    test("a stream asked for behind a request that is not answered yet waits for its turn", async () => {
      let answer = (_allowed: boolean): void => {};
      const asked = new Promise<boolean>((resolve) => (answer = resolve));
      await start({ authorize: (_request, [topic]) => (topic === "slow" ? asked : true) });
      const raw = await open();
      raw.send(request("/events?topic=slow") + STREAM);
      await eventually(() => hub.status().connections === 1);
      await hub.publish("news", "hello");
      expect(raw.body.text).toBe("");
      answer(false);
      await raw.body.until("data: hello\n");
      expect(raw.body.text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 403", "HTTP/1.1 200"]);
      expect(raw.body.text.indexOf("forbidden")).toBeLessThan(raw.body.text.indexOf("tidings:open"));
    });

    test("and is forgotten if the reader leaves before its turn has come", async () => {
      await start({ authorize: (_request, [topic]) => (topic === "slow" ? new Promise(() => {}) : true) });
      const raw = await open();
      raw.send(request("/events?topic=slow") + STREAM);
      await eventually(() => hub.status().connections === 1);
      raw.reset();
      await eventually(() => hub.status().connections === 0);
    });

    test("a reader that ends its side has gone", async () => {
      await start();
      const raw = await listening();
      raw.socket.end();
      await eventually(() => hub.status().connections === 0);
      await raw.body.ended();
    });

    test("a reader that resets the connection has gone, and no error is left over", async () => {
      await start();
      for (let n = 0; n < 10; n++) {
        const raw = await listening();
        if (n % 2 === 0) await hub.publish("news", "on its way");
        raw.reset();
        await hub.publish("news", "to nobody");
      }
      await eventually(() => hub.status().connections === 0);
    });

    test("a reader that leaves while authorize is asked leaves nothing behind", async () => {
      let answer = (_allowed: boolean): void => {};
      let asked = (): void => {};
      const whenAsked = new Promise<void>((resolve) => (asked = resolve));
      await start({
        authorize: () => {
          asked();
          return new Promise<boolean>((resolve) => (answer = resolve));
        },
      });
      const raw = await open();
      raw.send(STREAM);
      await whenAsked;
      raw.reset();
      await eventually(async () => (await served.open()) === 0);
      answer(true);
      await hub.publish("news", "to nobody");
      await eventually(() => hub.status().connections === 0);
    });

    test("a reader that comes back in pieces is understood", async () => {
      await start();
      const { id } = await hub.publish("news", "1");
      await hub.publish("news", "2");
      const raw = await open();
      for (const byte of request("/events?topic=news", `Last-Event-ID: ${id}`)) {
        raw.send(byte);
        await new Promise(setImmediate);
      }
      await raw.body.until("event: tidings:live\n");
      expect(published(raw.body.text.split(/\r\n\r\n(.*)/s)[1] as string)).toEqual(["2"]);
    });

    test("a hundred at once, each with its own events", async () => {
      await start();
      const all = await Promise.all([...Array(100).keys()].map((n) => listening(request(`/events?topic=t/${n % 10}`))));
      for (let n = 0; n < 10; n++) await hub.publish(`t/${n}`, `for ${n}`);
      await Promise.all(all.map(({ body }, n) => body.until(`data: for ${n % 10}\n\n`)));
      for (const { body } of all)
        expect(toBlocks(body.text).filter(({ topic }) => topic !== undefined)).toHaveLength(1);
    });
  });
}
