import type { Stream } from "@tidings/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Sink } from "../../src/ports/sink.ts";
import { toReadableStream } from "../../src/transports/readable-stream.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const KIB = 1024;

/** The engine's side of a stream: the sink it got, and what it was told. */
function toStream(onOpen: (sink: Sink) => void = () => {}): { stream: Stream; sink: () => Sink; told: string[] } {
  const told: string[] = [];
  let opened: Sink | undefined;
  const stream: Stream = {
    kind: "stream",
    status: 200,
    headers: {},
    open: (sink) => {
      opened = sink;
      onOpen(sink);
      return { drained: () => void told.push("drained"), closed: () => void told.push("closed") };
    },
  };
  return { stream, sink: () => opened as Sink, told };
}

/** Everything that is due in this turn of the event loop has happened. */
const turn = (): Promise<void> => new Promise(setImmediate);

describe("toReadableStream", () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => void process.on("unhandledRejection", onRejection));
  afterEach(async () => {
    await turn();
    process.off("unhandledRejection", onRejection);
    expect(rejections.splice(0)).toEqual([]);
  });

  test("gives the bytes as they were written, in order, also those of before anybody reads", async () => {
    const { stream, sink, told } = toStream((opened) => opened.write(bytes("a\n")));
    const body = toReadableStream(stream, new AbortController().signal);
    sink().write(bytes("b"));
    sink().end();
    expect(await new Response(body).text()).toBe("a\nb");
    expect(told.filter((each) => each === "closed")).toHaveLength(1);
  });

  test("counts what the reader has not taken, and says drained when there is room again", async () => {
    const { stream, sink, told } = toStream();
    const reader = toReadableStream(stream, new AbortController().signal).getReader();
    await turn();
    told.length = 0;
    sink().write(new Uint8Array(60 * KIB));
    expect(sink().buffered).toBe(0);
    const { progress } = sink();
    sink().write(new Uint8Array(60 * KIB));
    expect(sink().buffered).toBe(120 * KIB);
    expect(sink().progress).not.toBe(progress);
    await turn();
    told.length = 0;
    await reader.read();
    await turn();
    expect(told).toContain("drained");
    expect(sink().buffered).toBe(0);
    await reader.cancel();
  });

  test.for([
    ["cancels the body", async (reader: ReadableStreamDefaultReader, _abort: AbortController) => reader.cancel()],
    ["aborts the request", async (_reader: ReadableStreamDefaultReader, abort: AbortController) => abort.abort()],
    [
      "does both",
      async (reader: ReadableStreamDefaultReader, abort: AbortController) => {
        abort.abort();
        await reader.cancel();
      },
    ],
  ] as const)("a reader that %s is gone, once; what is written then goes nowhere", async ([, leave]) => {
    const { stream, sink, told } = toStream();
    const abort = new AbortController();
    const reader = toReadableStream(stream, abort.signal).getReader();
    const reading = reader.read();
    await leave(reader, abort);
    expect(await reading).toEqual({ done: true, value: undefined });
    await turn();
    expect(told.filter((each) => each === "closed")).toHaveLength(1);
    sink().write(bytes("late"));
    sink().end();
    sink().destroy();
    expect(sink().buffered).toBe(0);
    await turn();
    expect(told.filter((each) => each === "closed")).toHaveLength(1);
  });

  test("a request that was aborted before is never opened for long", async () => {
    const { stream, told } = toStream((sink) => sink.write(bytes("first")));
    const body = toReadableStream(stream, AbortSignal.abort());
    await turn();
    expect(told.filter((each) => each === "closed")).toHaveLength(1);
    expect(await new Response(body).text()).toBe("first");
  });

  test("an end from within open, and a cut, are told in a turn of their own", async () => {
    for (const finish of ["end", "destroy"] as const) {
      const { stream, told } = toStream((sink) => sink[finish]());
      const body = toReadableStream(stream, new AbortController().signal);
      expect(told).toEqual([]);
      await turn();
      expect(told.filter((each) => each === "closed")).toHaveLength(1);
      const reading = new Response(body).text();
      if (finish === "end") expect(await reading).toBe("");
      else await expect(reading).rejects.toThrow();
    }
  });

  test("nobody need ever read a body that is cut", async () => {
    const { stream, sink } = toStream();
    toReadableStream(stream, new AbortController().signal);
    sink().destroy();
    await turn();
  });
});
