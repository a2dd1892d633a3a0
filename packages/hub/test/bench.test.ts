import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProgress } from "../src/bench/progress.ts";
import { createVerdict } from "../src/bench/verdict.ts";
import { runCli } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { bearer, grant, keyedHub } from "./support/tokens.ts";

const SHORT = ["--duration", "500ms", "--rate", "100", "--readers", "6", "--topics", "3"];

async function bench(...args: string[]) {
  const cli = runCli(["bench", ...args]);
  const code = await cli.exit;
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}

describe("tidings bench, against a hub", () => {
  test("everything comes once, in order: exit code 0, and figures that fit together", async () => {
    const { url, port } = await testHub();
    const { code, stdout, stderr } = await bench(url, ...SHORT, "--bytes", "1000", "--json");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ readers: 6, refused: 0, cut: 0, lost: 0, duplicated: 0, reordered: 0 });
    expect(outcome.plan).toEqual({ url, readers: 6, topics: 3, rate: 100, duration: 500, bytes: 1000 });
    expect(outcome.published).toBeGreaterThan(0);
    expect(outcome.published).toBeLessThanOrEqual(50);
    // Two readers for each topic.
    expect(outcome.delivered).toBe(2 * outcome.published);
    for (const { p50, p90, p99, max } of [outcome.latency, outcome.connect]) {
      expect(p50).toBeGreaterThan(0);
      expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].sort((a, b) => a - b));
    }
    expect(stderr).toContain(
      `${url}: 6 readers of 3 topics, 100 events a second of 1,000 bytes for 0.5 s, 100 deliveries`,
    );
    expect(stderr).not.toContain("\u001b");
    // What it has published is gone, and so are its readers.
    expect((await ask(port, { path: "/topics" })).json.topics).toEqual([]);
    await expect.poll(async () => (await ask(port, { path: "/healthz" })).json.connections).toBe(0);
  });

  test("for a person", async () => {
    const { url } = await testHub();
    const { code, stdout } = await bench(`${url}/`, ...SHORT);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}delivered +\d+, \d+ a second$/m);
    expect(stdout).toMatch(/^ {2}latency +p50 [\d.]+ ms, p90 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms$/m);
    for (const fault of ["lost", "duplicated", "reordered"])
      expect(stdout).toMatch(new RegExp(`^ {2}${fault} +0$`, "m"));
  });

  test("with a token; without one, or with one for less, it says why not", async () => {
    const { url } = await keyedHub();
    const token = await grant({ subscribe: ["bench/**"], publish: ["bench/**"] });
    expect(await bench(url, ...SHORT, "--token", token)).toMatchObject({ code: 0 });
    const none = await bench(url, ...SHORT);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(/tidings: No reader was let in: 401 Without a token/);
    const reading = await bench(url, ...SHORT, "--token", await grant({ subscribe: ["bench/**"] }));
    expect(reading.stderr).toMatch(/tidings: This token may not publish/);
    expect(reading.code).toBe(1);
  });

  test("readers that are not let in are a failure", async () => {
    const { url } = await testHub({ maxConnections: 4 });
    const { code, stdout } = await bench(url, ...SHORT);
    expect(code).toBe(1);
    expect(stdout).toMatch(/readers +4, 2 not let in: 503 The hub holds 4 connections/);
  });

  test("a stream that is cut has lost the rest", async () => {
    const { url, port, hub } = await testHub();
    const running = bench(url, "--readers", "2", "--duration", "2s", "--json");
    await expect.poll(() => hub.status().publications).toBeGreaterThan(10);
    const { connections } = (await ask(port, { path: "/connections" })).json;
    await ask(port, { method: "DELETE", path: `/connections/${connections[0].id}`, headers: bearer("none") });
    const { code, stdout } = await running;
    const outcome = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(outcome.cut).toBe(1);
    expect(outcome.lost).toBeGreaterThan(0);
    expect(outcome.lost + outcome.delivered).toBe(2 * outcome.published);
  });

  test("nobody there", async () => {
    const { code, stderr } = await bench("http://127.0.0.1:1", ...SHORT);
    expect(code).toBe(1);
    expect(stderr).toMatch(/No reader was let in: .*ECONNREFUSED/);
  });

  test.each([
    [["--readers", "0"], /--readers is "0"; it must be a whole number from 1 to 50000/],
    [["--rate", "1000000"], /--rate/],
    [["--duration", "2h"], /at most 1h/],
    [["--bytes", "10"], /40 bytes to 1MiB/],
    [["--topics", "3", "--readers", "2"], /more than the 2 readers/],
    [["ftp://x"], /address of a hub/],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await bench(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

test("tidings bench, against a server that lies: each lie is counted, and the exit code is 1", async () => {
  const url = await startLiar();
  const { code, stdout } = await bench(url, ...SHORT, "--readers", "2", "--topics", "1", "--json");
  // Each of two readers misses one, gets one twice, and two in the wrong order.
  expect(JSON.parse(stdout)).toMatchObject({ readers: 2, lost: 2, duplicated: 2, reordered: 2 });
  expect(code).toBe(1);
});

describe("the verdict", () => {
  test.each<[string, number[], number, [number, number, number]]>([
    ["nothing of nothing", [], 0, [0, 0, 0]],
    ["all, in order", [0, 1, 2], 3, [0, 0, 0]],
    ["nothing of some", [], 3, [3, 0, 0]],
    ["one lost in the middle", [0, 2], 3, [1, 0, 0]],
    ["the last lost", [0, 1], 3, [1, 0, 0]],
    ["two swapped", [1, 0, 2], 3, [0, 0, 1]],
    ["one far too late", [1, 2, 3, 0], 4, [0, 0, 1]],
    ["one twice", [0, 0, 1], 2, [0, 1, 0]],
    ["one twice, late", [0, 1, 2, 0], 3, [0, 1, 0]],
    ["late, and twice", [1, 0, 0], 2, [0, 1, 1]],
    ["all of it", [3, 3, 0, 5], 6, [3, 1, 1]],
  ])("%s", (_name, numbers, count, [lost, duplicated, reordered]) => {
    const verdict = createVerdict();
    const first = numbers.filter((number) => verdict.take(number));
    expect(verdict.faults(count)).toEqual({ lost, duplicated, reordered });
    expect(first).toHaveLength(numbers.length - duplicated);
    expect(verdict.has(count)).toBe(lost === 0);
  });
});

test("progress: one line with a bar on a terminal, a line for each tenth elsewhere", () => {
  const show = (isTTY: boolean): string => {
    let text = "";
    const write = (piece: string): boolean => {
      text += piece;
      return true;
    };
    const { onProgress, end } = createProgress({ isTTY, write } as unknown as NodeJS.WriteStream);
    for (let done = 0; done <= 1000; done++) onProgress("publishing", done, 1000);
    end();
    return text;
  };
  expect(show(true)).toContain("\rpublishing [###############...............] 50 %\u001b[K");
  expect(show(true)).toMatch(/\r\u001b\[K$/);
  expect(show(true)).not.toContain("\n");
  expect(show(false).split("\n")).toHaveLength(12);
  expect(show(false)).toMatch(/^publishing 0 %\npublishing 10 %\n/);
});

/** Speaks as a hub does, loses the third event of each reader, repeats the fifth, and swaps the seventh with the eighth. */
async function startLiar(): Promise<string> {
  const readers = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: tidings:live\ndata: {}\n\n");
      readers.add(response);
      return;
    }
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    response.writeHead(request.method === "POST" ? 201 : 404, { "content-type": "application/json" }).end("{}");
    for (const line of text.split("\n").filter((line) => line !== ""))
      publish((JSON.parse(line) as { data: string }).data);
  });
  let held = "";
  function publish(data: string): void {
    const block = `data: ${data}\n\n`;
    const number = Number(data.split(" ")[0]);
    if (number === 2) return;
    if (number === 6) {
      held = block;
      return;
    }
    const bytes = number === 4 ? block + block : number === 7 ? block + held : block;
    for (const reader of readers) reader.write(bytes);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
