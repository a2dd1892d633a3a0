import type { EventSource } from "../../../src/event-source/index.ts";
import type { Scope, Subtest, Tools } from "./tools.ts";

// What the standard and the browser do that the public suite does not look at. The browser's own class runs these too, so
// that none of them asks for what only ours does.

const EVERYWHERE: readonly Scope[] = ["window", "dedicatedworker", "sharedworker", "node"];
const BROWSER: readonly Scope[] = ["window", "dedicatedworker", "sharedworker"];

const MODEL = "html 9.2.3 processing model";
const INTERFACE = "html 9.2.2 interface";
const HANDLERS = "html 8.1.8.1 event handlers";
const INTERPRET = "html 9.2.6 interpreting an event stream";

/** All that a source dispatches, with its state at that moment. */
function record(source: EventSource): string[] {
  const log: string[] = [];
  const note = (event: Event): void => {
    const { data, lastEventId } = event as MessageEvent<string>;
    log.push(data === undefined ? `${event.type} ${source.readyState}` : `${event.type} ${data} [${lastEventId}]`);
  };
  for (const type of ["open", "message", "error", "other"]) source.addEventListener(type, note);
  return log;
}

const subtest = (source: string, name: string, run: Subtest["run"], scopes = EVERYWHERE): Subtest => ({
  source,
  name,
  scopes,
  run,
});

const idsOf = (seen: readonly { readonly lastEventId?: string }[]): (string | null)[] =>
  seen.map(({ lastEventId }) => lastEventId ?? null);

const redirects = (status: number, to: "same" | "cross"): Subtest =>
  subtest(MODEL, `${status} is followed ${to === "same" ? "within the origin" : "to another origin"}`, async (t) => {
    const target = t.script({ body: ["data: there\n\n"], finish: "hold" });
    const absolute = new URL(target.url, to === "same" ? t.address : t.crossOrigin.replace(/resources\/$/, "x")).href;
    const source = t.open(t.script({ status, location: absolute }).url);
    const event = await t.next(source, "message");
    t.equal([event.data, event.origin], ["there", new URL(absolute).origin], "data and origin");
    t.equal(source.url.includes("script"), true, "url is still the first");
    t.equal(source.url === absolute, false, "url is not the final one");
    t.equal(
      (await target.seen()).map(({ method }) => method),
      ["GET"],
      "method",
    );
    await target.cut();
  });

const isOpened = (name: string, type: string): Subtest =>
  subtest(MODEL, `is a stream: ${name}`, async (t) => {
    await t.next(t.open(t.script({ type, body: [": hello\n"], finish: "hold" }).url), "open");
  });

const isRefused = (name: string, type: string): Subtest =>
  subtest(MODEL, `is no stream: ${name}`, async (t) => {
    const source = t.open(t.script({ type, body: ["data: no\n\n"] }).url);
    const log = record(source);
    await t.next(source, "error");
    t.equal(log, ["error 2"], "events");
  });

const closesAt = (type: string, expected: string[]): Subtest =>
  subtest(INTERFACE, `close() in on${type}: nothing comes after it, and no request`, async (t) => {
    const script = t.script({ body: ["retry: 1\ndata: 1\n\ndata: 2\n\n"] });
    const source = t.open(script.url);
    const log = record(source);
    await new Promise<void>((resolve) => {
      source.addEventListener(type, () => {
        source.close();
        resolve();
      });
    });
    t.equal(source.readyState, 2, "readyState");
    await script.until((seen) => seen.length === 1 && seen[0]?.closed === true, "the end of the connection");
    await t.pause(60);
    t.equal(log, expected, "events");
    t.equal((await script.seen()).length, 1, "requests");
  });

export const BEYOND: readonly Subtest[] = [
  // The interface
  subtest(INTERFACE, "constants are on the class and on each object, and stay", (t) => {
    const { EventSource: Source } = globalThis as unknown as { EventSource: typeof EventSource };
    const source = t.open(t.at("message"));
    t.equal([Source.CONNECTING, Source.OPEN, Source.CLOSED], [0, 1, 2], "of the class");
    t.equal([source.CONNECTING, source.OPEN, source.CLOSED], [0, 1, 2], "of the object");
    for (const each of [Source, source, Source.prototype]) {
      try {
        (each as { OPEN: number }).OPEN = 7;
      } catch (error) {
        t.equal(error instanceof TypeError, true, "throws TypeError");
      }
      t.equal(each.OPEN, 1, "stays");
    }
  }),
  subtest(
    INTERFACE,
    "it is an EventTarget, named EventSource, of one required argument",
    (t) => {
      const { EventSource: Source } = globalThis as unknown as { EventSource: typeof EventSource };
      const source = t.open(t.at("message"));
      t.equal(source instanceof EventTarget, true, "is an EventTarget");
      t.equal(Object.prototype.toString.call(source), "[object EventSource]", "as text");
      t.equal([Source.name, Source.length], ["EventSource", 1], "name and length");
      try {
        Reflect.construct(Source, []);
      } catch (error) {
        t.equal(error instanceof TypeError, true, "throws TypeError");
        return;
      }
      throw new Error("did not throw");
    },
    BROWSER,
  ),
  subtest(INTERFACE, "no options, null, empty ones, and values that are no booleans", (t) => {
    t.equal(t.open(t.at("message")).withCredentials, false, "none");
    t.equal(t.open(t.at("message"), null as never).withCredentials, false, "null");
    t.equal(t.open(t.at("message"), {}).withCredentials, false, "empty");
    t.equal(t.open(t.at("message"), { withCredentials: 1 as never }).withCredentials, true, "1");
    t.equal(t.open(t.at("message"), { withCredentials: true }).withCredentials, true, "true");
  }),
  subtest(INTERFACE, "url is absolute and normalized, the fragment included", (t) => {
    t.equal(
      t.open("resources/../resources/message?a=ü#x").url,
      new URL("resources/message?a=%C3%BC#x", t.address).href,
    );
  }),
  subtest(INTERFACE, "read-only attributes stay as they are", (t) => {
    const source = t.open(t.at("message"));
    for (const name of ["url", "readyState", "withCredentials"]) {
      const before = Reflect.get(source, name);
      t.equal(Reflect.set(source, name, "other"), false, `sets ${name}`);
      t.equal(Reflect.get(source, name), before, name);
    }
  }),
  subtest(INTERFACE, "close() at once: no request is left, and no event comes", async (t) => {
    const script = t.script({ body: ["data: no\n\n"], finish: "hold" });
    const source = t.open(script.url);
    const log = record(source);
    source.close();
    source.close();
    t.equal(source.readyState, 2, "readyState");
    await t.pause(60);
    t.equal(log, [], "events");
    await script.until((seen) => seen.every(({ closed }) => closed), "the end of the request, if there was one");
  }),
  subtest(INTERFACE, "close() in the middle of a chunk: what was received with it is not dispatched", async (t) => {
    const source = t.open(t.script({ body: ["data: 1\n\ndata: 2\n\ndata: 3\n\n"], finish: "hold" }).url);
    const log = record(source);
    await new Promise<void>((resolve) => {
      source.onmessage = ({ data }) => {
        if (data === "2") {
          source.close();
          resolve();
        }
      };
    });
    await t.pause(30);
    t.equal(log, ["open 1", "message 1 []", "message 2 []"], "events");
  }),
  closesAt("open", ["open 1"]),
  closesAt("message", ["open 1", "message 1 []"]),
  closesAt("error", ["open 1", "message 1 []", "message 2 []", "error 0"]),
  subtest(INTERFACE, "close() while it waits to reconnect: no further request", async (t) => {
    const script = t.script({ body: ["retry: 50\n\n"] });
    const source = t.open(script.url);
    await t.next(source, "error");
    await Promise.resolve();
    source.close();
    await t.pause(150);
    t.equal((await script.seen()).length, 1, "requests");
  }),
  subtest(INTERFACE, "close() ends the connection: the server sees it", async (t) => {
    const script = t.script({ body: ["data: 1\n\n"], finish: "hold" });
    const source = t.open(script.url);
    await t.next(source, "message");
    t.equal((await script.seen())[0]?.closed, false, "closed before");
    source.close();
    await script.until((seen) => seen[0]?.closed === true, "the disconnect");
  }),
  {
    source: INTERFACE,
    name: "a relative URL is relative to what the page's base element says",
    scopes: ["window"],
    alone: true,
    run(t) {
      const base = document.createElement("base");
      base.href = "/elsewhere/";
      document.head.append(base);
      t.equal(t.open("a?b").url, new URL("/elsewhere/a?b", t.address).href, "url");
    },
  },
  // Event handlers
  subtest(HANDLERS, "null by default; what is no object is null; an object is kept, called or not", (t) => {
    const source = t.open(t.at("message"));
    t.equal([source.onopen, source.onmessage, source.onerror], [null, null, null], "default");
    const listener = (): void => {};
    const object = {};
    for (const [value, expected] of [
      [listener, listener],
      [object, object],
      ["text", null],
      [listener, listener],
      [7, null],
      [undefined, null],
    ]) {
      source.onmessage = value as never;
      t.equal(source.onmessage, expected, String(value));
    }
  }),
  subtest(HANDLERS, "a handler keeps the place of when it was first set; it is called as the source's", async (t) => {
    const source = t.open(t.script({ body: ["data: 1\n\n"], finish: "hold" }).url);
    const log: unknown[] = [];
    source.onmessage = () => log.push("never");
    source.addEventListener("message", () => log.push("listener"));
    source.onmessage = function (this: unknown) {
      log.push(this === source ? "handler" : "not this");
    };
    source.onopen = {} as never;
    await t.next(source, "message");
    t.equal(log, ["handler", "listener"], "order");
  }),
  subtest(HANDLERS, "a handler that was unset goes last when it is set again", async (t) => {
    const source = t.open(t.script({ body: ["data: 1\n\n"], finish: "hold" }).url);
    const log: string[] = [];
    source.onmessage = () => log.push("never");
    source.addEventListener("message", () => log.push("listener"));
    source.onmessage = null;
    source.onmessage = () => log.push("handler");
    await t.next(source, "message");
    t.equal(log, ["listener", "handler"], "order");
  }),
  subtest(HANDLERS, "addEventListener: objects, once, signal, removed, twice the same", async (t) => {
    const source = t.open(t.script({ body: ["data: 1\n\ndata: 2\n\n"], finish: "hold" }).url);
    const log: string[] = [];
    const stopping = new AbortController();
    const twice = (event: Event): void => void log.push(`twice ${(event as MessageEvent).data}`);
    const removed = (): void => void log.push("removed");
    source.addEventListener("message", { handleEvent: (event: Event) => void log.push(`object ${event.type}`) });
    source.addEventListener("message", () => log.push("once"), { once: true });
    source.addEventListener("message", () => stopping.abort(), { signal: stopping.signal });
    source.addEventListener("message", () => log.push("aborted"), { signal: AbortSignal.abort() });
    source.addEventListener("message", twice);
    source.addEventListener("message", twice);
    source.addEventListener("message", removed);
    source.removeEventListener("message", removed);
    await t.next(source, "message");
    await t.next(source, "message");
    t.equal(log, ["object message", "once", "twice 1", "object message", "twice 2"], "calls");
  }),
  subtest(HANDLERS, "events that a page dispatches reach the handlers", (t) => {
    const source = t.open(t.at("message"));
    const log: string[] = [];
    source.onmessage = ({ type }) => log.push(type);
    source.dispatchEvent(new Event("message"));
    t.equal(log, ["message"], "calls");
  }),
  // The processing model
  subtest(MODEL, "nothing is dispatched before the caller has returned; each event has its state", async (t) => {
    const source = t.open(t.script({ body: ["retry: 20\nid: 1\ndata: a\n\n"] }, { status: 204 }).url);
    t.equal(source.readyState, 0, "at first");
    const log = record(source);
    t.equal(log, [], "at first");
    await new Promise<void>((resolve) => {
      source.onerror = () => source.readyState === 2 && resolve();
    });
    t.equal(log, ["open 1", "message a [1]", "error 0", "error 2"], "events");
  }),
  subtest(MODEL, "each event is a task: what one sets off is through before the next", async (t) => {
    const body = "retry: 10\n\ndata: 1\n\ndata: 2\n\n";
    const source = t.open(t.script({ body: [body] }, { status: 204 }).url);
    const log: string[] = [];
    const note = async ({ type, data = "" }: Partial<MessageEvent<string>>): Promise<void> => {
      log.push(`${type}${data}`);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      log.push(`after ${type}${data}`);
    };
    source.onopen = note;
    source.onmessage = note;
    source.onerror = note;
    await t.next(source, "error");
    await t.pause(0);
    const expected = [
      "open",
      "after open",
      "message1",
      "after message1",
      "message2",
      "after message2",
      "error",
      "after error",
    ];
    t.equal(log.slice(0, 8), expected, "order");
  }),
  subtest(MODEL, "a cut is an error and a reconnect, as the end of a stream is; the id goes along", async (t) => {
    const script = t.script(
      { body: ["retry: 10\nid: 1\ndata: a\n\n"], finish: "hold" },
      { body: ["id: 2\ndata: b\n\n"] },
      { body: ["data: c\n\n"], finish: "hold" },
    );
    const source = t.open(script.url);
    const log = record(source);
    await t.next(source, "message");
    await script.cut();
    while (!log.some((line) => line.startsWith("message c"))) await t.next(source, "message", "errors");
    const first = ["open 1", "message a [1]", "error 0"];
    t.equal(log, [...first, "open 1", "message b [2]", "error 0", "open 1", "message c [2]"], "events");
    t.equal(idsOf(await script.seen()), [null, "1", "2"], "Last-Event-ID");
  }),
  subtest(MODEL, "a resumed stream that drops before its first id keeps the cursor", async (t) => {
    const script = t.script(
      { body: ["retry: 10\nid: 7\ndata: a\n\n"] },
      { body: [] },
      { body: [": nothing\n"], finish: "cut" },
      { body: ["id: 8\ndata: not yet"] },
      { body: ["data: b\n\n"] },
      { finish: "hold" },
    );
    const source = t.open(script.url);
    const log = record(source);
    const seen = await script.until((requests) => requests.length === 6, "six requests");
    t.equal(idsOf(seen), [null, "7", "7", "7", "7", "7"], "Last-Event-ID");
    t.equal(
      log.filter((line) => line.startsWith("message")),
      ["message a [7]", "message b [7]"],
      "events",
    );
  }),
  subtest(MODEL, "a block of an id alone moves the cursor and dispatches nothing", async (t) => {
    const script = t.script({ body: ["retry: 10\nid: 1\ndata: a\n\nid: 2\n\n"] }, { finish: "hold" });
    const log = record(t.open(script.url));
    const seen = await script.until((requests) => requests.length === 2, "two requests");
    t.equal(idsOf(seen), [null, "2"], "Last-Event-ID");
    t.equal(
      log.filter((line) => line.startsWith("message")),
      ["message a [1]"],
      "events",
    );
  }),
  ...["id:", "id"].map((reset) =>
    subtest(MODEL, `${reset} resets the cursor: no Last-Event-ID is sent`, async (t) => {
      const script = t.script({ body: [`retry: 10\nid: 1\ndata: a\n\n${reset}\ndata: b\n\n`] }, { finish: "hold" });
      const log = record(t.open(script.url));
      const seen = await script.until((requests) => requests.length === 2, "two requests");
      t.equal(idsOf(seen), [null, null], "Last-Event-ID");
      t.equal(log.slice(1, 3), ["message a [1]", "message b []"], "events");
    }),
  ),
  subtest(MODEL, "an id with NUL is ignored, and the one before it stays", async (t) => {
    const script = t.script({ body: ["retry: 10\nid: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"] }, { finish: "hold" });
    const log = record(t.open(script.url));
    t.equal(idsOf(await script.until((seen) => seen.length === 2, "two requests")), [null, "1"], "Last-Event-ID");
    t.equal(log.slice(1, 3), ["message a [1]", "message b [1]"], "events");
  }),
  subtest(MODEL, "a Last-Event-ID beyond ASCII goes out as UTF-8", async (t) => {
    const id = "é…日本🎈";
    const script = t.script({ body: [`retry: 10\nid: ${id}\ndata: a\n\n`] }, { finish: "hold" });
    t.open(script.url);
    t.equal(idsOf(await script.until((seen) => seen.length === 2, "two requests")), [null, id], "Last-Event-ID");
  }),
  subtest(MODEL, "the requests: GET, Accept, no-store, no body; no Last-Event-ID at first", async (t) => {
    const script = t.script({ finish: "hold" });
    t.open(script.url);
    const [seen] = await script.until((requests) => requests.length === 1, "a request");
    t.equal(
      [seen?.method, seen?.headers.accept, seen?.lastEventId],
      ["GET", "text/event-stream", undefined],
      "request",
    );
    t.equal(seen?.headers["cache-control"], "no-cache", "Cache-Control");
  }),
  subtest(MODEL, "retry: is respected, and kept over the streams", async (t) => {
    const script = t.script(
      { body: ["retry: 300\n\n"] },
      { body: ["retry: x\n\n"] },
      { body: ["data: c\n\n"], finish: "hold" },
    );
    t.open(script.url);
    const seen = await script.until((requests) => requests.length === 3, "three requests");
    const waits = seen.slice(1).map(({ at }, index) => at - (seen[index]?.at ?? 0));
    t.equal(
      waits.map((wait) => wait >= 290),
      [true, true],
      `waited (${waits})`,
    );
  }),
  subtest(MODEL, "a retry: longer than a timer can wait is no hot loop", async (t) => {
    const script = t.script({ body: ["retry: 99999999999\n\n"] });
    const source = t.open(script.url);
    await t.next(source, "error");
    await t.pause(200);
    t.equal((await script.seen()).length, 1, "requests");
  }),
  subtest(MODEL, "204 on a reconnect ends it for good", async (t) => {
    const script = t.script({ body: ["retry: 10\ndata: a\n\n"] }, { status: 204, type: "" });
    const source = t.open(script.url);
    const log = record(source);
    await script.until((requests) => requests.length === 2, "two requests");
    while (source.readyState !== 2) await t.next(source, "error");
    await t.pause(60);
    t.equal(log, ["open 1", "message a []", "error 0", "error 2"], "events");
    t.equal((await script.seen()).length, 2, "requests");
  }),
  ...[200, 404, 500, 503].map((status) =>
    subtest(MODEL, `a response that is refused (${status}) is not left open`, async (t) => {
      // Not text/plain: Chromium would wait for more of it, to see what it really is.
      const type = status === 200 ? "application/json" : "text/event-stream";
      // At the latest with the next byte: in Firefox's workers an abort right behind the headers is at times not enough.
      const script = t.script({ status, type, body: ["data: 1\n\n"], finish: "drip" });
      const source = t.open(script.url);
      await t.next(source, "error");
      t.equal(source.readyState, 2, "readyState");
      await script.until((seen) => seen[0]?.closed === true, "the end of the connection");
      t.equal((await script.seen()).length, 1, "requests");
    }),
  ),
  ...[301, 302, 303, 307, 308].map((status) => redirects(status, "same")),
  redirects(302, "cross"),
  redirects(308, "cross"),
  subtest(MODEL, "close() ends the connection to where it was redirected", async (t) => {
    const target = t.script({ body: ["data: there\n\n"], finish: "hold" });
    const source = t.open(t.script({ status: 302, location: new URL(target.url, t.address).href }).url);
    await t.next(source, "message");
    source.close();
    try {
      await target.until(([seen]) => seen?.closed === true, "the end of the connection");
    } finally {
      await target.cut();
    }
  }),
  isOpened("parameters", "text/event-stream; charset=utf-8; x=y"),
  isOpened("capitals", "Text/Event-Stream"),
  isOpened("space before the parameters", "text/event-stream ;charset=UTF-8"),
  isRefused("no type at all", ""),
  isRefused("text/plain", "text/plain"),
  isRefused("a longer subtype", "text/event-streams"),
  isRefused("with a prefix", "x-text/event-stream"),
  subtest(MODEL, "a server that is not there: CONNECTING, and it tries on", async (t) => {
    const port = await (await fetch(new URL(t.at("nobody"), t.address))).text();
    const source = t.open(`http://127.0.0.1:${port}/`);
    const event = await t.next(source, "error");
    t.equal(source.readyState, 0, "readyState");
    t.equal("data" in event, false, "has data");
  }),
  subtest(
    MODEL,
    "a server that refuses the origin (CORS) is not asked for ever",
    async (t) => {
      const script = t.script({ cors: false, body: ["data: no\n\n"], finish: "hold" });
      const source = t.open(new URL(script.url, t.crossOrigin.replace(/resources\/$/, "x")).href);
      const log = record(source);
      await t.next(source, "error");
      t.equal(log, ["error 2"], "events");
      const seen = await script.until((requests) => requests.every(({ closed }) => closed), "the end of the requests");
      // Ours has to find out what the browser knows: is the server there, and does it still refuse?
      t.equal(seen.length, t.use === "native" ? 1 : 3, "requests");
    },
    BROWSER,
  ),
  subtest(MODEL, "a server of another origin that comes up is not taken for one that refuses", async (t) => {
    const script = t.script({ finish: "refuse" }, { body: ["data: a\n\n"], finish: "hold" });
    const source = t.open(new URL(script.url, t.crossOrigin.replace(/resources\/$/, "x")).href);
    const log = record(source);
    t.equal((await t.next(source, "message", "errors")).data, "a", "data");
    // Firefox asks once more by itself, and there is no error.
    t.equal(log.slice(log.indexOf("open 1")), ["open 1", "message a []"], "events");
  }),
  // The format
  subtest(INTERPRET, "events named open and error are messages of those names", async (t) => {
    const body = "event: open\ndata: 1\n\nevent: error\ndata: 2\n\ndata: 3\n\n";
    const source = t.open(t.script({ body: [body], finish: "hold" }).url);
    const log = record(source);
    await t.next(source, "message", "errors");
    t.equal(log, ["open 1", "open 1 []", "error 2 []", "message 3 []"], "events");
  }),
  subtest(INTERPRET, "what is unfinished at the end is dropped, and does not run into the next stream", async (t) => {
    const script = t.script(
      { body: ["retry: 10\ndata: a\n\nevent: other\ndata: b\nda"] },
      { body: ["ta: c\n\ndata: d\n\n"], finish: "hold" },
    );
    const source = t.open(script.url);
    const log = record(source);
    while (!log.some((line) => line.startsWith("message d"))) await t.next(source, "message", "errors");
    t.equal(log, ["open 1", "message a []", "error 0", "open 1", "message d []"], "events");
  }),
  subtest(INTERPRET, "a BOM is dropped at the start of each stream, and there once", async (t) => {
    const script = t.script(
      { body: ["\uFEFFretry: 10\ndata: a\n\n\uFEFFdata: b\n\n"] },
      { body: ["\uFEFFdata: c\n\n"], finish: "hold" },
    );
    const source = t.open(script.url);
    const log = record(source);
    while (!log.some((line) => line.startsWith("message c"))) await t.next(source, "message", "errors");
    t.equal(log, ["open 1", "message a []", "error 0", "open 1", "message c []"], "events");
  }),
  subtest(INTERPRET, "an event cut into pieces, between CR and LF too, comes once and whole", async (t) => {
    const source = t.open(
      t.script({ body: ["id: 1\r", "\nda", "ta: a\r", "\ndata: é", "\r\n\r", "\ndata: b\r\n\r\n"], finish: "hold" })
        .url,
    );
    const log = record(source);
    while (log.length < 3) await t.next(source, "message");
    t.equal(log, ["open 1", "message a\né [1]", "message b [1]"], "events");
  }),
  subtest(
    MODEL,
    "a listener that throws stops neither the others nor the stream",
    async (t) => {
      const source = t.open(t.script({ body: ["data: 1\n\ndata: 2\n\n"], finish: "hold" }).url);
      const silence = (event: Event): void => event.preventDefault();
      globalThis.addEventListener("error", silence);
      const log: string[] = [];
      source.onmessage = ({ data }) => {
        log.push(`throws ${data}`);
        throw new Error("thrown on purpose");
      };
      source.addEventListener("message", ({ data }) => log.push(`gets ${data}`));
      while (log.length < 4) await t.next(source, "message");
      globalThis.removeEventListener("error", silence);
      t.equal(log, ["throws 1", "gets 1", "throws 2", "gets 2"], "calls");
    },
    BROWSER,
  ),
  subtest(MODEL, "a URL with a user name and password is refused, and not tried again", async (t) => {
    const url = new URL(t.script({ body: ["data: a\n\n"], finish: "hold" }).url, t.address);
    url.username = "user";
    url.password = "secret";
    const source = t.open(url.href);
    const log = record(source);
    await Promise.race([t.next(source, "error"), t.next(source, "open", "errors")]);
    t.equal(source.url, url.href, "url");
    t.equal(log, ["error 2"], "events");
  }),
  subtest(MODEL, "data: is fetched as fetch does", async (t: Tools) => {
    const source = t.open("data:text/event-stream,data: a%0A%0A");
    const event = await t.next(source, "message");
    t.equal([event.data, event.origin], ["a", "null"], "data and origin");
  }),
];
