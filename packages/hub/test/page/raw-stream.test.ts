import { describe, expect, test } from "vitest";
import { createRawStream, type RawLine } from "../../page/src/model/raw-stream.ts";

/** All lines of a text that comes in pieces of `size` bytes. */
function read(bytes: Uint8Array, size = bytes.length): RawLine[] {
  const raw = createRawStream();
  const lines: RawLine[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...raw.feed(bytes.subarray(at, at + size), at));
  return [...lines, ...raw.end(0)];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("byte for byte", () => {
  const text = ":hi\nid: 1\r\nevent: ä\rdata:\u0007x\n\n\r\r\ndata";

  test.each([1, 2, 3, 7, 1000])("whatever the pieces are: %i bytes", (size) => {
    const lines = read(bytes(text), size);
    expect(lines.map((line) => line.text + line.ending).join("")).toBe(text);
    expect(lines.map(({ ending }) => ending)).toEqual(["\n", "\r\n", "\r", "\n", "\n", "\r", "\r\n", ""]);
    expect(lines.map(({ key }) => key)).toEqual(lines.map((_, at) => at));
  });

  test("what is no UTF-8 is shown in hexadecimal, the rest as it is", () => {
    expect(read(Uint8Array.of(0x64, 0x3a, 0xff, 0xfe, 0x0a))[0]?.text).toBe("d:\\xff\\xfe");
  });

  test("a long line is cut, and says by how much", () => {
    const [line] = read(bytes(`data: ${"x".repeat(100_000)}\n`), 1000);
    expect(line?.text).toHaveLength(4_096);
    expect(line?.omitted).toBe(100_006 - 4_096);
    expect(line?.note).toBe("data, 100000 bytes");
  });
});

describe("what each line means", () => {
  const notes = (text: string): string[] => read(bytes(text)).map(({ kind, note }) => `${kind}: ${note}`);

  test("an event of a hub", () => {
    expect(notes("id: m-1\nevent: placed\ntopic: orders/42\ndata: {}\ndata: é\n\n")).toEqual([
      "id: the position: a reader that comes back goes on from it",
      "event: the event’s name",
      "topic: the topic it was published to",
      "data: data, 2 bytes",
      "data: data goes on: line 2, 2 bytes",
      "blank: end of the block: dispatches “placed”",
    ]);
  });

  test("a heartbeat, a comment, a reconnection time, an unknown field, nothing at all", () => {
    expect(notes("id: m-9\n\n:\n\nretry: 2500\n\nfoo: bar\n\n\n")).toEqual([
      "id: the position: a reader that comes back goes on from it",
      "blank: a heartbeat: moves the last event id, and dispatches nothing",
      "comment: a comment: keeps the line open, and no reader sees it",
      "blank: an empty line, and nothing to dispatch",
      "retry: wait 2.5 s before coming back",
      "blank: end of the block: nothing to dispatch",
      "unknown: a field that readers do not know, and ignore",
      "blank: end of the block: no data, so nothing is dispatched",
      "blank: an empty line, and nothing to dispatch",
    ]);
  });

  test("control events, a name alone, a byte order mark, an id that is taken back", () => {
    expect(notes("\ufeffevent: tidings:open\ndata\n\nid\n\n")).toEqual([
      "event: the hub’s greeting, first on every stream",
      "data: data, 0 bytes",
      "blank: end of the block: dispatches “tidings:open”",
      "id: forgets the last event id",
      "blank: a heartbeat: moves the last event id, and dispatches nothing",
    ]);
  });
});
