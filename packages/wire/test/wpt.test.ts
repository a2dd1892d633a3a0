import { describe, expect, it } from "vitest";
import { event, events, read, utf8 } from "./read.ts";

// What the web platform tests (eventsource/format-*) demand of a browser, of the parser. Their server ends each stream with
// three line feeds, unless it is told to end it with one. `format-mime-*` is about the Content-Type header: the client's.

const X = "x".repeat(2048);

describe.each([
  ["whole", (stream: string) => [stream]],
  ["in bytes", (stream: string) => [utf8(stream)]],
  ["code unit by code unit", (stream: string) => stream.split("")],
  ["byte by byte", (stream: string) => [...utf8(stream)].map((byte) => Uint8Array.of(byte))],
])("fed %s", (_, cut) => {
  it.each([
    ["format-bom", "\ufeffdata:1\n\n\ufeffdata:2\n\ndata:3", ["1", "3"]],
    ["format-bom-2", "\ufeff\ufeffdata:1\n\ndata:2\n\ndata:3", ["2", "3"]],
    ["format-comments", `data:1\r:\0\n:\r\ndata:2\n:${X}\rdata:3\n:data:fail\r:${X}\ndata:4\n`, ["1\n2\n3\n4"]],
    ["format-field-data", "data:\n\ndata\ndata\n\ndata:test", ["", "\n", "test"]],
    [
      "format-field-parsing",
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n",
      ["\0\n 2\n1\n3\n\n4"],
    ],
    ["format-field-retry-empty", "retry\ndata:test", ["test"]],
    [
      "format-field-unknown",
      "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test",
      ["test\n\ntest"],
    ],
    ["format-leading-space", "data:\ttest\rdata: \ndata:test", ["\ttest\n\ntest"]],
    ["format-null-character", "data:\0\n\n\n\n", ["\0"]],
    ["format-utf-8", "data:ok…", ["ok…"]],
  ])("%s", (_name, stream, data) => {
    expect(events(...cut(`${stream}\n\n\n`))).toEqual(data.map((text) => event({ data: text })));
  });

  it("format-newlines", () => {
    expect(events(...cut("data:test\r\ndata\ndata:test\r\n\r\n"))).toEqual([event({ data: "test\n\ntest" })]);
  });

  it("format-data-before-final-empty-line", () => {
    expect(read(cut("retry:1000\ndata:test1\n\nid:test\ndata:test2\n"))).toEqual([
      { call: "retry", milliseconds: 1000 },
      { call: "event", event: event({ data: "test1" }) },
    ]);
  });

  it("format-field-event", () => {
    expect(events(...cut("event:test\ndata:x\n\ndata:x\n\n\n"))).toEqual([
      event({ event: "test", data: "x" }),
      event({ data: "x" }),
    ]);
  });

  it("format-field-event-empty", () => {
    expect(events(...cut("event:\ndata\n\n\n"))).toEqual([event({})]);
  });

  it("format-field-id, format-field-id-2, format-field-id-3", () => {
    expect(events(...cut("id: …\ndata:1\n\ndata:2\n\nid\ndata:3\n\ndata:4\n\n"))).toEqual([
      event({ id: "…", data: "1" }),
      event({ id: "…", data: "2" }),
      event({ data: "3" }),
      event({ data: "4" }),
    ]);
  });

  it.each(["\0\0", "x\0", "\0x", "x\0x", " \0"])("format-field-id-null %j", (value) => {
    expect(events(...cut(`id:hello\ndata:1\n\nid:${value}\ndata:2\n\n`))).toEqual([
      event({ id: "hello", data: "1" }),
      event({ id: "hello", data: "2" }),
    ]);
  });

  it.each([
    ["format-field-retry", "retry:03000\ndata:x"],
    ["format-field-retry-bogus", "retry:3000\nretry:1000x\ndata:x"],
  ])("%s", (_name, stream) => {
    expect(read(cut(`${stream}\n\n\n`))).toEqual([
      { call: "retry", milliseconds: 3000 },
      { call: "event", event: event({ data: "x" }) },
    ]);
  });
});
