import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildPage, type RunningExample, startChromium, startExample } from "../harness.ts";

/** Milliseconds that five per cent of a query take here. */
const QUERY_STEP = 40;

let browser: Browser;
let example: RunningExample;

beforeAll(async () => {
  [browser] = await Promise.all([startChromium(), buildPage("living-room")]);
  example = await startExample("living-room", { QUERY_STEP: String(QUERY_STEP) });
});

afterAll(async () => {
  await browser.close();
  await example.stop("SIGKILL");
});

test("the page says how warm it is, and again every five seconds", async () => {
  const page = await visit();
  const sentence = card(page, "Temperature").getByRole("paragraph");
  const reading = async (): Promise<{ text: string | null; time: number }> => ({
    text: await sentence.textContent(),
    time: Date.parse((await sentence.locator("time").getAttribute("datetime")) ?? ""),
  });
  await sentence.locator("time").waitFor();

  const first = await reading();
  await expect.poll(async () => (await reading()).time).not.toBe(first.time);
  const second = await reading();
  for (const { text, time } of [first, second]) {
    expect(text).toMatch(/^The current temperature in my living room is \d\d\.\d as of \d\d:\d\d:\d\d$/);
    expect(text).toContain(new Date(time).toLocaleTimeString("en-GB"));
  }
  // The server's own times: a timer is never early, but may be late.
  const seconds = (second.time - first.time) / 1000;
  expect(Math.round(seconds)).toBeGreaterThanOrEqual(5);
  expect(seconds).toBeLessThan(10);
});

test("random numbers come once a second, through what the middleware put on the response", async () => {
  const since = performance.now();
  const response = await fetch(`${example.url}/stream-random-numbers`);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const text = await readUntil(response, (text) => count(text, "\n\n") === 3);
  const seconds = (performance.now() - since) / 1000;
  expect(Math.round(seconds)).toBeGreaterThanOrEqual(3);
  expect(seconds).toBeLessThan(6);
  expect(text).toMatch(/^(data: \{"number":0\.\d+(e-\d+)?\}\n\n){3}$/);

  const page = await visit();
  const output = card(page, "Random numbers").getByRole("status").last();
  await expect.poll(() => output.textContent()).toMatch(/^0\.\d{4}$/);
  const before = await output.textContent();
  await expect.poll(() => output.textContent()).not.toBe(before);
});

test("a long query goes from 0 to 100 % and ends by itself, and the page does not reconnect", async () => {
  const page = await visit();
  const query = card(page, "Long query");
  const bar = query.getByRole("progressbar");
  await page.evaluate(() => {
    const bar = document.querySelector("progress") as HTMLProgressElement;
    const seen = [bar.value];
    Object.assign(window, { seen });
    new MutationObserver(() => seen.push(bar.value)).observe(bar, { attributes: true });
  });
  const answers: number[] = [];
  page.on("response", (response) => {
    if (/\/queries\/./.test(response.url())) answers.push(response.status());
  });
  const [started] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/queries")),
    query.getByRole("button", { name: "Run the query" }).click(),
  ]);
  const { id } = (await started.json()) as { id: string };
  const connections = await connectionsOf();

  await query.locator("[data-status=closed]").waitFor();
  expect(await bar.getAttribute("value")).toBe("100");
  expect(await query.locator(".percent").textContent()).toBe("100 %");
  const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(100);
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  // Several steps to be seen, not one leap.
  expect(new Set(seen).size).toBeGreaterThan(3);

  // The stream, which said that there is nothing more, and then nothing for longer than the time it would wait.
  await expect.poll(() => answers).toEqual([200]);
  await expect.poll(connectionsOf).toBeLessThan(connections);
  await readUntil(await fetch(`${example.url}/stream-random-numbers`), (text) => count(text, "\n\n") === 4);
  expect(answers).toEqual([200]);
  expect(await query.locator("[data-status]").getAttribute("data-status")).toBe("closed");

  // Who comes late gets all of it, and the end.
  const whole = await (await fetch(`${example.url}/queries/${id}?from=earliest`)).text();
  const percents = [...whole.matchAll(/^data: \{"percent":(\d+)\}$/gm)].map(([, percent]) => Number(percent));
  expect(percents).toEqual(Array.from({ length: 21 }, (_, step) => step * 5));
  expect(whole).toContain("event: tidings:end");
  expect((await fetch(`${example.url}/queries/none`)).status).toBe(404);
});

test("a message for one signed-in user reaches that user only", async () => {
  const [ada, grace] = await Promise.all([signIn("Ada"), signIn("Grace")]);
  await send(ada, "grace", "for Grace");
  await expect.poll(() => messagesOf(grace)).toEqual(["ada for Grace"]);
  // The other way round; had the first one come to Ada too, it would stand before this.
  await send(grace, "ada", "for Ada");
  await expect.poll(() => messagesOf(ada)).toEqual(["grace for Ada"]);
  expect(await messagesOf(grace)).toEqual(["ada for Grace"]);

  // Another user in the same window: the same address, another stream, and nothing left of the first.
  await signInOn(ada, "Grace");
  await expect.poll(() => messagesOf(ada)).toEqual(["ada for Grace"]);

  // The cookie decides, and without one there is nothing.
  const accept = { accept: "text/event-stream, application/problem+json" };
  for (const path of ["/messages", "/messages?topic=users/ada"]) {
    expect((await fetch(example.url + path, { headers: accept })).status).toBe(401);
    const forged = await fetch(example.url + path, { headers: { ...accept, cookie: "token=ada" } });
    expect(forged.status).toBe(401);
  }
  await ada.getByLabel("Name").fill("Ada/**");
  await ada.getByRole("button", { name: "Sign in as another" }).click();
  await expect.poll(() => ada.getByRole("alert").textContent()).toBe("A name is 1 to 20 letters, A to Z.");
});

test("a signal ends the server though pages listen to all of its streams", async () => {
  await signIn("Ada");
  expect(await example.stop("SIGTERM")).toBe(0);
});

/** Opens the page in a context of its own, with cookies of its own. */
async function visit(): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(example.url);
  return page;
}

async function signIn(user: string): Promise<Page> {
  const page = await visit();
  await signInOn(page, user);
  return page;
}

async function signInOn(page: Page, user: string): Promise<void> {
  await page.getByLabel("Name").fill(user);
  await page.getByRole("button", { name: /^Sign in/ }).click();
  await card(page, `Messages for ${user.toLowerCase()}`).locator("[data-status=open]").waitFor();
}

async function send(page: Page, to: string, text: string): Promise<void> {
  await page.getByLabel("To").fill(to);
  await page.getByLabel("Text").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

function card(page: Page, title: string) {
  return page.getByRole("region", { name: title });
}

function messagesOf(page: Page): Promise<string[]> {
  return page.getByRole("list", { name: "Messages" }).getByRole("listitem").allTextContents();
}

async function connectionsOf(): Promise<number> {
  const response = await fetch(`${example.url}/status`);
  return ((await response.json()) as { connections: number }).connections;
}

/** Reads a stream until that is enough, and lets go of it. */
async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  let text = "";
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString("utf8");
    if (isEnough(text)) return text;
  }
  throw new Error(`The stream ended early:\n${text}`);
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
