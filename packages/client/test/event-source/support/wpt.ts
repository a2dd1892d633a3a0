import type { EventSource } from "../../../src/event-source/index.ts";
import type { Scope, Subtest, Tools } from "./tools.ts";

// The subtests of `eventsource/` in the public web-platform-tests, restated: one entry for each, under the name of its
// file, in each scope that the file runs in. https://github.com/web-platform-tests/wpt/tree/master/eventsource

const WINDOW: readonly Scope[] = ["window"];
/** `.any.js` without more. */
const ANY: readonly Scope[] = ["window", "dedicatedworker"];
/** `.any.js` with `META: global=window,worker`. */
const ALL: readonly Scope[] = ["window", "dedicatedworker", "sharedworker", "serviceworker"];
const DEDICATED: readonly Scope[] = ["dedicatedworker"];
const SHARED: readonly Scope[] = ["sharedworker"];

/** Files that are newer than the list that other implementations were held against; counted apart. */
export const NEWER = new Set([
  "eventsource-cross-origin-preflight.window.js",
  "eventsource-cross-origin-redirect-origin.any.js",
]);

/** Waits for messages and gives their data. */
async function messages(t: Tools, source: EventSource, count: number): Promise<MessageEvent<string>[]> {
  const got: MessageEvent<string>[] = [];
  await new Promise<void>((resolve) => {
    source.onmessage = (event) => {
      if (got.length < count) got.push(event);
      if (got.length === count) resolve();
    };
  });
  t.equal(got.length, count, "messages");
  return got;
}

const dataOf = (events: readonly MessageEvent<string>[]): string[] => events.map(({ data }) => data);

/** The stream is `message`, and its first message's data is `data`. */
const parses =
  (message: string, data: string, more: Record<string, string> = {}) =>
  async (t: Tools) => {
    const source = t.open(t.at("message", { message, ...more }));
    t.equal((await t.next(source, "message")).data, data, "data");
  };

function isPlain(t: Tools, event: Event): void {
  t.equal("data" in event, false, "has data");
  t.equal(event.bubbles, false, "bubbles");
  t.equal(event.cancelable, false, "cancelable");
}

async function opens(t: Tools): Promise<void> {
  const source = t.open(t.at("message"));
  const event = await t.next(source, "open");
  t.equal(source.readyState, source.OPEN, "readyState");
  isPlain(t, event);
}

async function opensAndCloses(t: Tools): Promise<void> {
  const source = t.open(t.at("message"));
  t.equal(source.readyState, source.CONNECTING, "before");
  await t.next(source, "open");
  t.equal(source.readyState, source.OPEN, "open");
  source.close();
  t.equal(source.readyState, source.CLOSED, "closed");
}

async function listens(t: Tools): Promise<void> {
  t.equal((await t.next(t.open(t.at("message")), "message")).data, "data", "data");
}

async function handlesMessage(t: Tools): Promise<void> {
  t.equal(dataOf(await messages(t, t.open(t.at("message")), 1)), ["data"], "data");
}

function hasPrototype(t: Tools): void {
  const { EventSource } = globalThis as unknown as { EventSource: { prototype: { ReturnTrue?: () => boolean } } };
  EventSource.prototype.ReturnTrue = () => true;
  const source = t.open(t.at("message")) as EventSource & { ReturnTrue?: () => boolean };
  t.equal(source.ReturnTrue?.(), true, "what the prototype was given");
  t.equal("EventSource" in globalThis, true, "is a global");
}

function keepsUrl(t: Tools): void {
  t.equal(t.open(t.at("message")).url, new URL(t.at("message"), t.address).href, "url");
}

function refusesUrl(t: Tools): void {
  try {
    t.open("http://this is invalid/");
  } catch (error) {
    t.equal(error instanceof DOMException, true, "is a DOMException");
    t.equal((error as DOMException).name, "SyntaxError", "name");
    t.equal((error as DOMException).code, DOMException.SYNTAX_ERR, "code");
    return;
  }
  throw new Error("did not throw");
}

const fails = (url: (t: Tools) => string) => async (t: Tools) => {
  const source = t.open(url(t));
  source.onmessage = source.onopen = () => {
    throw new Error("got what should not be");
  };
  const event = await t.next(source, "error");
  t.equal(source.readyState, source.CLOSED, "readyState");
  isPlain(t, event);
};

const cannotFetch = (source: string, scopes: readonly Scope[]): Subtest[] =>
  ["ftp://example.not/", "about:blank", "mailto:whatwg@awesome.example", "javascript:alert('FAIL')"].map((url) => ({
    source,
    name: `constructor (act as if there is a network error) (${url})`,
    scopes,
    run: fails(() => url),
  }));

const stringifies = (value: unknown, end: string): Subtest => ({
  source: "eventsource-constructor-stringify.window.js",
  name: `stringify argument, ${value}`,
  scopes: WINDOW,
  run: (t) => t.equal(t.open(value).url.endsWith(`/${end}`), true, "url"),
});

const crossOrigin = (name: string, query: Record<string, string>): Subtest => ({
  source: "eventsource-cross-origin.window.js",
  name: `cross-origin ${name}`,
  scopes: WINDOW,
  async run(t) {
    const unique = { ...query, id: t.unique() };
    const source = t.open(t.atCrossOrigin("cors", unique), { withCredentials: true });
    const event = await t.next(source, "message", "errors");
    t.equal(event.data, "data", "data");
    t.equal(event.origin, new URL(t.crossOrigin).origin, "origin");
  },
});

const refusedByCors = (name: string, resource: string, query: Record<string, string>): Subtest => ({
  source: "eventsource-cross-origin.window.js",
  name: `cross-origin ${name} should fail`,
  scopes: WINDOW,
  run: fails((t) => t.atCrossOrigin(resource, query)),
});

const preflight = (name: string, fixture: string): Subtest => ({
  source: "eventsource-cross-origin-preflight.window.js",
  name: `cross-origin preflight - ${name}`,
  scopes: WINDOW,
  async run(t) {
    const source = t.open(t.atCrossOrigin("cors-unsafe-last-event-id", { fixture, token: t.unique() }));
    const failed = t.next(source, "failure", "errors").then(({ data }) => data);
    const success = t.next(source, "success", "errors").then(() => "success");
    t.equal(await Promise.race([failed, success]), "success", "outcome");
  },
});

const reconnectsAfter = (name: string, retry: string): Subtest => ({
  source: `format-field-retry${name === "retry" ? "" : "-bogus"}.any.js`,
  name: `"retry" field${name === "retry" ? "" : " (bogus)"}`,
  scopes: ANY,
  async run(t) {
    const source = t.open(t.at("message", { message: `${retry}\ndata:x` }));
    await t.next(source, "open");
    const opened = Date.now();
    await t.next(source, "open", "errors");
    // Of the 25 % that the public test allows to both sides, the lower: a machine may be slow, but not fast.
    t.equal(Date.now() - opened >= 2_250, true, "waited for 3,000 ms");
  },
});

const id3 = (name: string, type: number, ids: string[]): Subtest => ({
  source: "format-field-id-3.window.js",
  name: `lastEventId ${name}`,
  scopes: WINDOW,
  async run(t) {
    const got = await messages(t, t.open(t.at("last-event-id2", { type })), ids.length);
    t.equal(
      got.map(({ lastEventId }) => lastEventId),
      ids,
      "lastEventId",
    );
    t.equal(
      dataOf(got),
      ids.map((_id, index) => String(index + 1)),
      "data",
    );
  },
});

const idWithNull = (id: string): Subtest => ({
  source: "format-field-id-null.window.js",
  name: `id field set to ${encodeURIComponent(id)}`,
  scopes: WINDOW,
  async run(t) {
    const got = await messages(t, t.open(t.at("last-event-id", { idvalue: id })), 2);
    t.equal(dataOf(got), ["hello", "hello"], "data, for no Last-Event-ID is sent");
    t.equal(
      got.map(({ lastEventId }) => lastEventId),
      ["", ""],
      "lastEventId",
    );
  },
});

const keepsId = (source: string, name: string, count: number): Subtest => ({
  source,
  name,
  scopes: ANY,
  async run(t) {
    const got = await messages(t, t.open(t.at("last-event-id")), count);
    t.equal(dataOf(got), ["hello", ...Array(count - 1).fill("…")], "data");
    t.equal(
      got.map(({ lastEventId }) => lastEventId),
      Array(count).fill("…"),
      "lastEventId",
    );
  },
});

const cached = (name: string, run: number, url: (t: Tools) => string): Subtest => ({
  source: "request-cache-control.any.js",
  name: `Cache-Control: ${name}${run}`,
  scopes: ANY,
  async run(t) {
    for (let time = 0; time < run; time++) {
      t.equal((await t.next(t.open(url(t)), "message")).data, "no-cache", "Cache-Control");
    }
  },
});

const credentials = (name: string, options: { withCredentials?: boolean }, second: string): Subtest => ({
  source: "request-credentials.any.window.js",
  name: `credentials ${name}`,
  scopes: WINDOW,
  async run(t) {
    const source = t.open(t.atCrossOrigin("cors-cookie", { ident: t.unique() }), options);
    t.equal(source.withCredentials, options.withCredentials === true, "withCredentials");
    t.equal(dataOf(await messages(t, source, 2)), ["first NO_COOKIE", `second ${second}`], "cookies");
  },
});

/** An `EventSource` of another window, as the script of that window has it. */
async function inFrame(t: Tools): Promise<Window & { EventSource: typeof EventSource; MessageEvent: unknown }> {
  const frame = document.createElement("iframe");
  frame.src = `/eventsource/resources/page?use=${t.use}`;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  return frame.contentWindow as never;
}

/** What each subtest of the public suite shows, restated. */
export const WPT: readonly Subtest[] = [
  // dedicated-worker/
  { source: "dedicated-worker/eventsource-close.htm", name: "close()", scopes: DEDICATED, run: opensAndCloses },
  {
    source: "dedicated-worker/eventsource-close2.htm",
    name: "EventSource created after worker.close()",
    scopes: DEDICATED,
    fromPage: true,
    async run(t) {
      const worker = new Worker(`/eventsource/dedicated-worker/closed?use=${t.use}`);
      t.equal(await new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data))), 0);
      worker.terminate();
    },
  },
  {
    source: "dedicated-worker/eventsource-constructor-no-new.any.js",
    name: "the constructor without new",
    scopes: ANY,
    run(t) {
      try {
        (globalThis as unknown as { EventSource: (url: string) => void }).EventSource("");
      } catch (error) {
        t.equal(error instanceof TypeError, true, "is a TypeError");
        return;
      }
      throw new Error("did not throw");
    },
  },
  ...cannotFetch("dedicated-worker/eventsource-constructor-non-same-origin.htm", DEDICATED),
  {
    source: "dedicated-worker/eventsource-eventtarget.worker.js",
    name: "addEventListener()",
    scopes: DEDICATED,
    run: listens,
  },
  { source: "dedicated-worker/eventsource-onmessage.htm", name: "onmessage", scopes: DEDICATED, run: handlesMessage },
  { source: "dedicated-worker/eventsource-onopen.htm", name: "onopen", scopes: DEDICATED, run: opens },
  {
    source: "dedicated-worker/eventsource-prototype.htm",
    name: "prototype et al",
    scopes: DEDICATED,
    run: hasPrototype,
  },
  { source: "dedicated-worker/eventsource-url.htm", name: "url", scopes: DEDICATED, run: keepsUrl },
  // shared-worker/
  { source: "shared-worker/eventsource-close.htm", name: "close()", scopes: SHARED, run: opensAndCloses },
  ...cannotFetch("shared-worker/eventsource-constructor-non-same-origin.htm", SHARED),
  { source: "shared-worker/eventsource-eventtarget.htm", name: "addEventListener()", scopes: SHARED, run: listens },
  { source: "shared-worker/eventsource-onmessage.htm", name: "onmessage", scopes: SHARED, run: handlesMessage },
  { source: "shared-worker/eventsource-onopen.htm", name: "onopen", scopes: SHARED, run: opens },
  { source: "shared-worker/eventsource-prototype.htm", name: "prototype et al", scopes: SHARED, run: hasPrototype },
  { source: "shared-worker/eventsource-url.htm", name: "url", scopes: SHARED, run: keepsUrl },
  {
    source: "event-data.any.js",
    name: "lines and data parsing",
    scopes: ANY,
    run: async (t) => t.equal(dataOf(await messages(t, t.open(t.at("message2")), 3)), ["msg\nmsg", "", "end"], "data"),
  },
  { source: "eventsource-close.window.js", name: "close()", scopes: WINDOW, run: opensAndCloses },
  {
    source: "eventsource-close.window.js",
    name: "close(), test events",
    scopes: WINDOW,
    async run(t) {
      const source = t.open(t.at("reconnect-fail", { id: t.unique() }));
      const log: unknown[] = [];
      source.onmessage = ({ data }) => log.push(data);
      await new Promise<void>((resolve) => {
        source.onerror = () => {
          log.push(source.readyState);
          if (source.readyState === source.CLOSED) resolve();
        };
      });
      await t.pause(100);
      t.equal(log, ["opened", 0, "reconnected", 0, 2], "events");
    },
  },
  {
    source: "eventsource-constructor-document-domain.window.js",
    name: "document.domain",
    scopes: WINDOW,
    alone: true,
    run(t) {
      document.domain = String(document.domain);
      return opens(t);
    },
  },
  {
    source: "eventsource-constructor-empty-url.any.js",
    name: "constructor with an empty url",
    scopes: ALL,
    run: (t) => t.equal(t.open("").url, t.address, "url"),
  },
  ...cannotFetch("eventsource-constructor-non-same-origin.window.js", WINDOW),
  {
    source: "eventsource-constructor-stringify.window.js",
    name: "stringify argument, object",
    scopes: WINDOW,
    async run(t) {
      t.equal("data" in (await t.next(t.open({ toString: () => t.at("message") }), "open")), false, "has data");
    },
  },
  stringifies(1, "1"),
  stringifies(null, "null"),
  stringifies(undefined, "undefined"),
  {
    source: "eventsource-constructor-url-bogus.any.js",
    name: "constructor (invalid URL)",
    scopes: ALL,
    run: refusesUrl,
  },
  {
    source: "eventsource-constructor-url-multi-window.htm",
    name: "resolving URLs",
    scopes: WINDOW,
    fromPage: true,
    async run(t) {
      const frame = await inFrame(t);
      const source = new frame.EventSource("message");
      isPlain(t, await t.next(source, "open"));
      t.equal(source.readyState, source.OPEN, "readyState");
      source.close();
    },
  },
  crossOrigin("basic use", { run: "message" }),
  crossOrigin("redirect use", { run: "redirect", location: "/eventsource/resources/cors?run=message" }),
  crossOrigin("redirect use recon", { run: "status-reconnect" }),
  refusedByCors("allow-origin: http://example.org", "cors", { run: "message", origin: "http://example.org" }),
  refusedByCors("allow-origin:''", "cors", { run: "message", origin: "" }),
  refusedByCors("No allow-origin", "message", {}),
  preflight("safe `last-event-id` (no preflight)", "safe"),
  preflight("unsafe `last-event-id` (too long)", "long"),
  preflight("unsafe `last-event-id` (unsafe characters)", "unsafe"),
  {
    source: "eventsource-cross-origin-redirect-origin.any.js",
    name: "MessageEvent.origin is the origin of the final URL after a cross-origin redirect",
    scopes: ANY,
    async run(t) {
      const location = t.atCrossOrigin("cors", { run: "message" });
      const event = await t.next(t.open(`/common/redirect?location=${encodeURIComponent(location)}`), "message");
      t.equal([event.data, event.origin], ["data", new URL(t.crossOrigin).origin], "data and origin");
    },
  },
  { source: "eventsource-eventtarget.any.js", name: "addEventListener()", scopes: ANY, run: listens },
  {
    source: "eventsource-onmessage-realm.htm",
    name: "the MessageEvent must be created in the realm of the EventSource",
    scopes: WINDOW,
    fromPage: true,
    async run(t) {
      const frame = await inFrame(t);
      const source = new frame.EventSource("message");
      t.equal((await t.next(source, "message")).constructor === frame.MessageEvent, true, "is of the frame");
      source.close();
    },
  },
  {
    source: "eventsource-onmessage-trusted.any.js",
    name: "message events are trusted",
    scopes: ANY,
    run: async (t) => t.equal((await t.next(t.open(t.at("message")), "message")).isTrusted, true, "isTrusted"),
  },
  { source: "eventsource-onmessage.any.js", name: "onmessage", scopes: ANY, run: handlesMessage },
  { source: "eventsource-onopen.any.js", name: "onopen (announcing the connection)", scopes: ANY, run: opens },
  { source: "eventsource-prototype.any.js", name: "prototype et al", scopes: ANY, run: hasPrototype },
  {
    source: "eventsource-reconnect.window.js",
    name: "reconnection 200",
    scopes: WINDOW,
    async run(t) {
      const source = t.open(t.at("status-reconnect", { id: t.unique() }));
      t.equal((await t.next(source, "message", "errors")).data, "data", "data");
    },
  },
  {
    source: "eventsource-reconnect.window.js",
    name: "reconnection, test reconnection events",
    scopes: WINDOW,
    async run(t) {
      const source = t.open(t.at("status-reconnect", { id: t.unique(), ok_first: "" }));
      const log: unknown[] = [];
      source.onerror = ({ type }) => log.push(type, source.readyState);
      log.push((await t.next(source, "message", "errors")).data);
      log.push((await t.next(source, "message", "errors")).data);
      t.equal(log, ["ok", "error", 0, "data"], "events");
    },
  },
  {
    source: "eventsource-request-cancellation.any.window.js",
    name: "request cancellation",
    scopes: WINDOW,
    alone: true,
    async run(t) {
      const source = t.open(t.at("message", { sleep: 1000, message: "retry:1000\ndata:abc\n\n" }));
      const failed = t.next(source, "error");
      await t.pause(0);
      window.stop();
      source.onopen = source.onmessage = () => {
        throw new Error("got what should not be");
      };
      await failed;
      t.equal(source.readyState, source.CLOSED, "readyState");
      await t.pause(1000);
      t.equal(source.readyState, source.CLOSED, "readyState after a while");
    },
  },
  { source: "eventsource-url.any.js", name: "url", scopes: ANY, run: keepsUrl },
  // format-*
  {
    source: "format-bom-2.any.js",
    name: "Double BOM",
    scopes: ANY,
    async run(t) {
      const message = "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3";
      t.equal(dataOf(await messages(t, t.open(t.at("message", { message })), 2)), ["2", "3"], "data");
    },
  },
  {
    source: "format-bom.any.js",
    name: "BOM",
    scopes: ANY,
    async run(t) {
      const message = "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3";
      t.equal(dataOf(await messages(t, t.open(t.at("message", { message })), 2)), ["1", "3"], "data");
    },
  },
  {
    source: "format-comments.any.js",
    name: "comment fest",
    scopes: ANY,
    run: parses(
      `data:1\r:\0\n:\r\ndata:2\n:${"x".repeat(2048)}\rdata:3\n:data:fail\r:${"x".repeat(2048)}\ndata:4\n`,
      "1\n2\n3\n4",
      { newline: "none" },
    ),
  },
  {
    source: "format-data-before-final-empty-line.any.js",
    name: "a data before final empty line",
    scopes: ANY,
    async run(t) {
      const message = "retry:1000\ndata:test1\n\nid:test\ndata:test2";
      const got = await messages(t, t.open(t.at("message", { message, newline: "none" })), 2);
      t.equal([got[1]?.lastEventId, got[1]?.data], ["", "test1"], "lastEventId and data");
    },
  },
  {
    source: "format-field-data.any.js",
    name: "data field parsing",
    scopes: ANY,
    async run(t) {
      const message = "data:\n\ndata\ndata\n\ndata:test";
      t.equal(dataOf(await messages(t, t.open(t.at("message", { message })), 3)), ["", "\n", "test"], "data");
    },
  },
  {
    source: "format-field-event-empty.any.js",
    name: 'empty "event" field',
    scopes: ANY,
    run: parses("event: \ndata:data", "data"),
  },
  {
    source: "format-field-event.any.js",
    name: "custom event name",
    scopes: ANY,
    async run(t) {
      const source = t.open(t.at("message", { message: "event:test\ndata:x\n\ndata:x" }));
      const log: string[] = [];
      source.addEventListener("test", ({ type }) => log.push(type));
      log.push((await t.next(source, "message")).type);
      t.equal(log, ["test", "message"], "events");
    },
  },
  keepsId("format-field-id-2.any.js", "Last-Event-ID (2)", 3),
  id3("persists", 1, ["1", "1", "2", "2"]),
  id3("resets", 2, ["1", "", ""]),
  id3("resets (id without colon)", 3, ["1", "", ""]),
  ...["\0\0", "x\0", "\0x", "x\0x", " \0"].map(idWithNull),
  keepsId("format-field-id.any.js", "Last-Event-ID", 2),
  {
    source: "format-field-parsing.any.js",
    name: "field parsing",
    scopes: ANY,
    run: parses(
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n",
      "\0\n 2\n1\n3\n\n4",
      { newline: "none" },
    ),
  },
  reconnectsAfter("bogus", "retry:3000\nretry:1000x"),
  {
    source: "format-field-retry-empty.any.js",
    name: "empty retry field",
    scopes: ANY,
    run: parses("retry\ndata:test", "test"),
  },
  reconnectsAfter("retry", "retry:03000"),
  {
    source: "format-field-unknown.any.js",
    name: "unknown fields and parsing fun",
    scopes: ANY,
    run: parses("data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test", "test\n\ntest"),
  },
  {
    source: "format-leading-space.any.js",
    name: "leading space",
    scopes: ANY,
    run: parses("data:\ttest\rdata: \ndata:test", "\ttest\n\ntest"),
  },
  {
    source: "format-mime-bogus.any.js",
    name: "bogus MIME type",
    scopes: ANY,
    run: fails((t) => t.at("message", { mime: "x bogus" })),
  },
  {
    source: "format-mime-trailing-semicolon.any.js",
    name: "MIME type with trailing ;",
    scopes: ANY,
    run: async (t) => void (await t.next(t.open(t.at("message", { mime: "text/event-stream;" })), "open")),
  },
  {
    source: "format-mime-valid-bogus.any.js",
    name: "incorrect valid MIME type",
    scopes: ANY,
    run: fails((t) => t.at("message", { mime: "text/x-bogus" })),
  },
  {
    source: "format-newlines.any.js",
    name: "newline fest",
    scopes: ANY,
    run: parses("data:test\r\ndata\ndata:test\r\n\r", "test\n\ntest", { newline: "none" }),
  },
  {
    source: "format-null-character.any.js",
    name: "null character in response",
    scopes: ANY,
    run: parses("data:\0\n\n", "\0"),
  },
  {
    source: "format-utf-8.any.js",
    name: "always UTF-8",
    scopes: ANY,
    run: parses("data:ok…", "ok…", { mime: "text/event-stream;charset=windows-1252" }),
  },
  // request-*
  {
    source: "request-accept.any.js",
    name: "Accept header",
    scopes: ANY,
    run: async (t) =>
      t.equal((await t.next(t.open(t.at("accept.event_stream")), "message")).data, "text/event-stream", "Accept"),
  },
  ...[1, 2].map((run) => cached("same origin ", run, (t) => t.at("cache-control.event_stream"))),
  ...[1, 2].map((run) => cached("cross-origin ", run, (t) => t.atCrossOrigin("cors", { run: "cache-control" }))),
  credentials("enabled", { withCredentials: true }, "COOKIE"),
  credentials("disabled", { withCredentials: false }, "NO_COOKIE"),
  credentials("default", {}, "NO_COOKIE"),
  ...[301, 302, 303, 307].map(
    (status): Subtest => ({
      source: "request-redirect.any.window.js",
      name: `redirect (${status})`,
      scopes: WINDOW,
      async run(t) {
        const location = "/eventsource/resources/message";
        const source = t.open(`/common/redirect?location=${location}&status=${status}`);
        await t.next(source, "open");
        t.equal(source.readyState, source.OPEN, "readyState");
      },
    }),
  ),
  ...[204, 205, 210, 299, 404, 410, 503].map(
    (status): Subtest => ({
      source: "request-status-error.window.js",
      name: `incorrect HTTP status code (${status})`,
      scopes: WINDOW,
      run: fails((t) => t.at("status-error", { status })),
    }),
  ),
];
