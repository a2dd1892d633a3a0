import { fork } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const SCRIPT = fileURLToPath(new URL("support/allocations.mjs", import.meta.url));
const FLAGS = ["--expose-gc", "--single-threaded", "--min-semi-space-size=256", "--max-semi-space-size=256"];

/** What a child asks for, and in the end tells. */
type Message = { port: number; path: string; count: number } | { figures: Record<string, number>; gcs: number };

/** Bytes, by figure, that a kind of work allocates; the same to a few bytes on any machine. */
async function measure(work: string): Promise<Record<string, number>> {
  const child = fork(SCRIPT, [work], { execArgv: FLAGS });
  onTestFinished(() => void child.kill());
  const result = await new Promise<Extract<Message, { gcs: number }>>((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`It ended with ${code} and said nothing.`)));
    child.on("message", (message: Message) => {
      if ("gcs" in message) resolve(message);
      else openReaders(message.port, message.path, message.count).then(() => child.send("open"), reject);
    });
  });
  expect(result.gcs).toBe(0);
  console.log(work, result.figures);
  return result.figures;
}

/** Opens readers that read, a hundred at a time. */
async function openReaders(port: number, path: string, count: number): Promise<void> {
  const open = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1").on("error", reject).once("data", resolve);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      onTestFinished(() => void socket.destroy());
    });
  for (let opened = 0; opened < count; opened += 100) await Promise.all(Array.from({ length: 100 }, open));
}

test("a delivery allocates next to nothing in the engine: no closure, no string, no array for a connection", async () => {
  const { delivery, writes } = await measure("engine");
  expect(writes).toBeGreaterThan(790);
  // The publication's own, shared by 1,000 readers. A closure has 32 bytes and more.
  expect(delivery).toBeLessThan(16);
});

test("on a socket it allocates what a bare `socket.write` does, and an idle reader keeps little", async () => {
  const { delivery = Number.NaN, write = Number.NaN, connection } = await measure("sockets");
  expect(delivery - write).toBeLessThan(24);
  expect(connection).toBeLessThan(2_500);
});

test("a publication that nobody reads", async () => {
  const { publication } = await measure("publication");
  // 1,920 on Node 20, 2,510 on Node 24. An `await` on its way has 400 and more.
  expect(publication).toBeLessThan(2_800);
});

test("an event that is parsed: itself, and its text", async () => {
  const { event } = await measure("parser");
  expect(event).toBeLessThan(240);
});
