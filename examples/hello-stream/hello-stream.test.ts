import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningExample, startChromium, startExample } from "../harness.ts";

let example: RunningExample;
let browser: Browser;

beforeAll(async () => {
  example = await startExample("hello-stream");
  browser = await startChromium();
});

afterAll(async () => {
  await browser.close();
  await example.stop("SIGKILL");
});

test("the page logs a message a second until its button closes the connection, and the server forgets it", async () => {
  const page = await browser.newPage();
  const logged: string[] = [];
  page.on("console", (message) => logged.push(message.text()));
  await page.goto(example.url);

  const messages = page.locator("#log li");
  await messages.nth(2).waitFor();
  expect(await messages.locator("span").allTextContents()).toEqual(expect.arrayContaining(["Hello, world!"]));
  expect(new Set(logged)).toEqual(new Set(["Hello, world!"]));
  expect(await page.locator("#state").textContent()).toBe("open");
  expect(await connections()).toBe(1);

  await page.locator("#close").click();
  await expect.poll(connections).toBe(0);
  expect(await page.locator("#state").textContent()).toBe("closed");

  // Two more are published meanwhile, as another reader can tell; this page gets none of them.
  const before = await messages.count();
  await readMessages(2);
  expect(await messages.count()).toBe(before);
});

test("the endpoint sends its message every second, to everyone", async () => {
  const [first, second] = await Promise.all([readMessages(2), readMessages(2)]);
  expect(first.map(({ data }) => data)).toEqual(Array(2).fill('{"message":"Hello, world!"}'));
  // A tick may fall between the two connecting; then they share one message, else both.
  expect(first.filter(({ id }) => second.some((other) => other.id === id))).not.toEqual([]);
});

test("a signal ends the server though a reader is connected", async () => {
  const other = await startExample("hello-stream");
  const response = await fetch(`${other.url}/events`);
  expect(await other.stop("SIGTERM")).toBe(0);
  expect(await response.text()).toContain("event: tidings:bye");
});

async function connections(): Promise<number> {
  const response = await fetch(`${example.url}/connections`);
  return ((await response.json()) as { connections: number }).connections;
}

/** Reads the stream until it has brought so many messages. */
async function readMessages(count: number): Promise<readonly { id: string; data: string }[]> {
  const response = await fetch(`${example.url}/events`);
  let text = "";
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString("utf8");
    const messages = [...text.matchAll(/^id: (.+)\ntopic: hello\ndata: (.+)\n\n/gm)];
    if (messages.length >= count) return messages.map(([, id = "", data = ""]) => ({ id, data }));
  }
  throw new Error(`The stream ended early:\n${text}`);
}
