import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type RunningExample, startChromium, startExample } from "../harness.ts";

const MESSAGES = ["Spring Boot", "Spring MVC", "Spring Security", "Spring Data"];

let browser: Browser;
let example: RunningExample;
/** The backend, as the page knows it. */
let backend: string;
/** Messages that the server has. */
let taken = 0;

beforeAll(async () => {
  [browser, example] = await Promise.all([startChromium(), startExample("get-message", { PAGE_PORT: "0" })]);
});

afterAll(async () => {
  await browser.close();
  await example.stop("SIGKILL");
});

test("two windows see the same messages, and so does one that is opened later", async () => {
  const [first, second] = await Promise.all([openWindow(), openWindow()]);
  expect(await first.locator("h1").textContent()).toBe("Server Sent Events");
  expect(await totalOf(second)).toBe(0);

  for (let count = 1; count <= 5; count++) {
    await getMessage(count % 2 === 0 ? first : second);
    for (const window of [first, second]) await expect.poll(() => totalOf(window)).toBe(count);
  }
  const messages = await messagesOf(first);
  expect(messages).toHaveLength(5);
  expect(MESSAGES).toEqual(expect.arrayContaining(messages));
  expect(await messagesOf(second)).toEqual(messages);

  const third = await openWindow();
  await expect.poll(() => totalOf(third)).toBe(5);
  expect(await messagesOf(third)).toEqual(messages);
});

test("the button posts one of four messages at random", async () => {
  const page = await openWindow();
  const posted: unknown[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") posted.push(request.postDataJSON());
  });
  // What chance gives is fixed here: just inside each of the four quarters.
  for (const [at, message] of MESSAGES.entries()) {
    await page.evaluate((chance) => {
      Math.random = () => chance;
    }, at / 4);
    await getMessage(page);
    await expect.poll(() => posted.at(-1)).toEqual({ message });
  }
  await expect.poll(async () => (await messagesOf(page)).slice(-4)).toEqual(MESSAGES);
});

test("a closed window is forgotten by the server", async () => {
  await expect.poll(clients).toBe(0);
  const [first, second] = await Promise.all([openWindow(), openWindow()]);
  await expect.poll(clients).toBe(2);
  await second.close();
  await expect.poll(clients).toBe(1);
  await first.close();
  await expect.poll(clients).toBe(0);
});

test("the page reaches the backend over ports, and no other origin does", async () => {
  const page = await openWindow();
  const answers: { method: string; allowed: string | undefined; status: number }[] = [];
  page.on("response", (response) => {
    if (!response.url().startsWith(backend)) return;
    const allowed = response.headers()["access-control-allow-origin"];
    answers.push({ method: response.request().method(), allowed, status: response.status() });
  });
  await getMessage(page);
  await expect.poll(() => answers).toContainEqual({ method: "POST", allowed: example.url, status: 201 });
  expect(new URL(backend).port).not.toBe(example.port);

  const ask = (origin: string, path: string, method: string): Promise<Response> =>
    fetch(`${backend}${path}`, { method, headers: { origin }, signal: AbortSignal.timeout(5000) });
  const preflight = await ask(example.url, "/message", "OPTIONS");
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
  for (const [origin, allowed] of [
    [example.url, example.url],
    [`http://localhost:${example.port}`, `http://localhost:${example.port}`],
    ["http://127.0.0.1:1", null],
  ] as const) {
    for (const [path, method] of [
      ["/addClient", "GET"],
      ["/message", "OPTIONS"],
      ["/clients", "GET"],
    ] as const) {
      const response = await ask(origin, path, method);
      expect(response.headers.get("access-control-allow-origin")).toBe(allowed);
      // The stream also comes in gzip, to who takes it.
      expect(response.headers.get("vary")).toBe(path === "/addClient" ? "Origin, accept-encoding" : "Origin");
      await response.body?.cancel();
    }
  }
});

test("a window whose network was away goes on where it was, with a request that needs no preflight", async () => {
  const page = await openWindow();
  await getMessage(page);
  await expect.poll(() => totalOf(page)).toBe(taken);
  const before = await messagesOf(page);

  const again = page.waitForRequest((request) => request.url().includes("/addClient"));
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  const request = await again;
  expect(new URL(request.url()).searchParams.get("lastEventId")).toMatch(/-\d+$/);
  // Which no page may send to another origin unasked.
  expect(await request.headerValue("last-event-id")).toBeNull();

  await page.locator("[data-status=open]").waitFor();
  await getMessage(page);
  await expect.poll(() => totalOf(page)).toBe(before.length + 1);
  expect((await messagesOf(page)).slice(0, -1)).toEqual(before);
});

test("what is no message is refused with a word about it", async () => {
  await openWindow();
  for (const body of ["{}", '{"message":""}', '{"message":7}', "[]"]) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${backend}/message`, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'Send {"message": "some text"}.' });
  }
});

test("a signal ends both servers though a window is open, which is told when to come back", async () => {
  const page = await openWindow();
  expect(await example.stop("SIGTERM")).toBe(0);
  await page.locator("[data-status=waiting], [data-status=connecting]").waitFor();
});

async function openWindow(): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const stream = page.waitForRequest((request) => request.url().includes("/addClient"));
  await page.goto(example.url);
  backend = new URL((await stream).url()).origin;
  await page.locator("[data-status=open]").waitFor();
  return page;
}

/** Presses the button, and waits until the server has taken the message: requests may overtake each other. */
async function getMessage(page: Page): Promise<void> {
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Get message" }).click();
  expect((await answer).status()).toBe(201);
  taken++;
}

/** Oldest first; the page has the newest on top. */
async function messagesOf(page: Page): Promise<string[]> {
  return (await page.getByRole("list", { name: "Messages" }).getByRole("listitem").allTextContents()).reverse();
}

async function totalOf(page: Page): Promise<number> {
  const [, total] = /^Total messages: (\d+)$/.exec((await page.locator("footer").textContent()) ?? "") ?? [];
  return Number(total);
}

async function clients(): Promise<number> {
  const response = await fetch(`${backend}/clients`);
  return ((await response.json()) as { clients: number }).clients;
}
