import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startHub } from "tidings";
import { expect, test } from "vitest";
import { usePages } from "./support/page.ts";

const suite = usePages();
const EVERY = "#/topics/**";

test("whatever is published shows up newest first, and never as markup", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  await suite.running.hub.publish("orders/42", { total: 9 }, { event: "placed" });
  await suite.running.hub.publish("chat", "<img src=x onerror=document.body.remove()>\nsecond line");
  const rows = page.locator(".event");
  await rows.nth(1).waitFor();
  expect(await rows.nth(0).locator("pre").innerText()).toBe("<img src=x onerror=document.body.remove()>\nsecond line");
  expect(await rows.nth(1).innerText()).toMatch(/orders\/\s*42\s+placed\s+{ "total": 9 }/);
});

test("history has the time it was published at, live events the time they came", async () => {
  await suite.running.hub.publish("jobs/1", "one");
  await suite.running.hub.publish("jobs/1", "two");
  const { events } = await suite.running.hub.history("jobs/1");
  const page = await suite.open("#/topics/jobs%2F1");
  await page.locator(".event-time").nth(1).waitFor();
  await page.waitForFunction(() => !document.querySelector(".tail")?.textContent?.includes("earlier"));
  const titles = await page
    .locator(".event-time")
    .evaluateAll((times) => times.map((time) => time.getAttribute("title")));
  const expected = await page.evaluate(
    (at) => at.map((time) => new Date(time).toLocaleString()),
    [events[1]?.time ?? 0, events[0]?.time ?? 0],
  );
  expect(titles).toEqual(expected);
});

test("the form publishes with Ctrl+Enter, and the hub's sentence says how to mend what it refuses", async () => {
  const page = await suite.open(EVERY);
  await page.getByLabel("Topic", { exact: true }).fill("orders/4 2");
  await page.getByLabel("Event name").fill("open");
  await page.getByLabel("Data", { exact: true }).fill('{"total":9}');
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=failed]").waitFor();
  expect(await page.locator("output").innerText()).toMatch(/reserved|EventSource/);
  expect(await page.getByLabel("Event name").getAttribute("aria-invalid")).toBe("true");

  await page.getByLabel("Event name").fill("placed");
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=published]").waitFor();
  const { events } = await suite.running.hub.history("orders/4 2");
  expect(events).toMatchObject([{ event: "placed", data: '{"total":9}' }]);
  expect(await page.locator("output").innerText()).toContain(events[0]?.id);
});

test("a topic that a browser would turn into another is refused before it is sent", async () => {
  const page = await suite.open(EVERY);
  await page.getByLabel("Topic", { exact: true }).fill("a/../b");
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=failed]").waitFor();
  expect(await suite.running.hub.topics()).toEqual([]);
});

test("the hint says what data will be taken for", async () => {
  const page = await suite.open(EVERY);
  const hint = page.locator(".data-hint");
  for (const [data, text] of [
    ['{"a":1}', "JSON, 7 B"],
    ["grüße", "text, 7 B"],
    ['{"a":', "not valid JSON; goes out as text, 5 B"],
    ['{"a":1 "b"}', "not valid JSON at column 8; goes out as text, 11 B"],
  ] as const) {
    await page.getByLabel("Data", { exact: true }).fill(data);
    await hint.getByText(text, { exact: true }).waitFor();
  }
});

test("cut off, the page comes back to exactly what it missed", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  await suite.running.hub.publish("n", "1");
  await page.locator(".event").waitFor();
  for (let n = 2; n <= 6; n++) {
    for (const { id } of suite.running.hub.connections()) suite.running.hub.disconnect(id);
    await suite.running.hub.publish("n", String(n));
    await page.locator(".event pre").getByText(String(n), { exact: true }).waitFor();
  }
  expect(await data(page)).toEqual(["6", "5", "4", "3", "2", "1"]);
  await page.waitForFunction(() => !document.querySelector(".tail")?.textContent?.includes("earlier"));
});

test("a hub that was away and kept its log goes on without loss or repetition", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tidings-page-"));
  suite.cleanups.push(() => rm(folder, { recursive: true }));
  const config = { data: join(folder, "tidings.db"), drain: 200, retry: 200 };
  await suite.running.close();
  suite.running = await startHub({ ...config, port: 0 });
  await suite.running.hub.publish("n", "1");
  const page = await suite.open(EVERY);
  await page.locator(".event").waitFor();
  const { port } = suite.running;
  await suite.running.close();
  await page.locator(".tail .phase[data-phase=waiting]").waitFor();
  suite.running = await startHub({ ...config, port });
  await suite.running.hub.publish("n", "2");
  await page.locator(".event").nth(1).waitFor();
  expect(await data(page)).toEqual(["2", "1"]);
});

test("a hub that came back with another log is a gap that is shown", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  await suite.running.hub.publish("n", "before");
  await page.locator(".event").waitFor();
  const { port } = suite.running;
  await suite.running.close();
  suite.running = await startHub({ memory: true, port, drain: 200, retry: 200 });
  await suite.running.hub.publish("n", "after");
  await page.locator(".event", { hasText: "after" }).waitFor();
  expect(await page.locator(".note [data-tone=gap]").innerText()).toMatch(/log has started anew/);
});

test("an ended topic is shown as ended, and asked for no more", async () => {
  await suite.running.hub.publish("jobs/7", "done", { end: true });
  const page = await suite.open("#/topics/jobs%2F7");
  await page.locator(".tail .phase[data-phase=ended]").waitFor();
  expect(await data(page)).toEqual(["done"]);
  await page.locator(".screen-head .badge", { hasText: "ended" }).waitFor();
  expect(suite.running.hub.connections()).toEqual([]);
});

test("a pattern that is none is refused with the hub's sentence", async () => {
  const page = await suite.open("#/topics/a%2F**%2Fb");
  await page.getByRole("alert").filter({ hasText: "may only be the last level" }).waitFor();
  expect(await page.locator(".tail .phase").innerText()).toBe("Stopped");
});

test("a flood neither freezes the page nor grows it, and its end is shown", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  const total = 20_000;
  for (let n = 0; n < total; n += 500) {
    await suite.running.hub.publishBatch(
      Array.from({ length: 500 }, (_, k) => ({ topic: "flood", data: String(n + k + 1) })),
    );
  }
  await page.waitForFunction(() => document.querySelector(".notice")?.textContent?.includes("left out"));
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await suite.running.hub.publish("flood", "last");
  await page.locator(".event", { hasText: "last" }).waitFor();
  // What is seen is in the document, and what is held is not.
  expect(await page.locator(".event").count()).toBeLessThan(60);
});

test("paused or scrolled down, what is read stays; what came waits for one click", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  await suite.running.hub.publishBatch(Array.from({ length: 100 }, (_, n) => ({ topic: "n", data: `old ${n}` })));
  await page.locator(".event", { hasText: "old 99" }).waitFor();
  const list = page.getByRole("region", { name: "Events", exact: true });

  await list.evaluate((scroller) => scroller.scrollTo(0, 600));
  await page.getByText("Scrolled down: new events wait.").waitFor();
  await suite.running.hub.publish("n", "new");
  await page.getByRole("button", { name: "1 event waiting" }).click();
  await page.locator(".event", { hasText: "new" }).waitFor();
  expect(await list.evaluate((scroller) => scroller.scrollTop)).toBe(0);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused. New events wait.").waitFor();
  await suite.running.hub.publish("n", "newer");
  await page.getByRole("button", { name: "1 event waiting" }).waitFor();
  expect((await data(page))[0]).toBe("new");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".event", { hasText: "newer" }).waitFor();
});

test("a filter shows what has its text, and nothing else comes in", async () => {
  const page = await suite.open(EVERY);
  await live(page);
  for (const [topic, text] of [
    ["a", "apple"],
    ["b", "pear"],
    ["apples", "x"],
  ] as const)
    await suite.running.hub.publish(topic, text);
  await page.locator(".event").nth(2).waitFor();
  await page.locator("body").press("/");
  await page.keyboard.type("APPLE");
  await expect.poll(() => data(page)).toEqual(["x", "apple"]);
  await suite.running.hub.publish("a", "plum");
  await suite.running.hub.publish("a", "pineapple");
  await expect.poll(() => data(page)).toEqual(["pineapple", "x", "apple"]);
  await page.getByRole("searchbox").fill("");
  await expect.poll(() => data(page)).toEqual(["pineapple", "x", "pear", "apple"]);
  await page.getByRole("searchbox").fill("nowhere");
  await page.getByRole("heading", { name: "Nothing with “nowhere”" }).waitFor();
});

test("JSON is laid out, or on one line as it came", async () => {
  await suite.running.hub.publish("a", `{"id":9007199254740993,"list":[1,2],"text":"${"x".repeat(60)}"}`);
  const page = await suite.open("#/topics/a");
  await page.locator(".event pre", { hasText: "9007199254740993" }).waitFor();
  expect(await page.locator(".event .data-line").count()).toBe(5);
  await page.getByRole("button", { name: "Pretty" }).click();
  expect(await page.locator(".event code").innerText()).toMatch(/^\{"id":9007199254740993,"list"/);
  await page.getByRole("button", { name: "Details" }).click();
  expect(await page.locator(".event .data-line").count()).toBe(5);
});

test("history is paged from the newest on, and back, or from the oldest", async () => {
  await suite.running.hub.publishBatch(Array.from({ length: 250 }, (_, n) => ({ topic: "n/1", data: `n${n + 1}` })));
  const page = await suite.open("#/topics/n%2F1");
  await page.getByRole("link", { name: "History" }).click();
  expect(new URL(page.url()).hash).toBe("#/topics/n%2F1/history");
  const range = page.locator(".history-range");
  const first = page.locator(".event pre").first();
  for (const [end, pages] of [
    ["Newest", ["n250", "n150", "n50"]],
    ["Oldest", ["n1", "n101", "n201"]],
  ] as const) {
    await page.getByRole("button", { name: end }).click();
    await range.getByText(`1–100 ${end.toLowerCase()} first`).waitFor();
    expect(await first.innerText()).toBe(pages[0]);
    expect(await page.getByRole("button", { name: "Previous" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Next" }).click();
    await range.getByText("101–200").waitFor();
    expect(await first.innerText()).toBe(pages[1]);
    await page.getByRole("button", { name: "Next" }).click();
    await range.getByText("201–250").waitFor();
    expect(await first.innerText()).toBe(pages[2]);
    expect(await page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Previous" }).click();
    await range.getByText("101–200").waitFor();
    await page.getByRole("button", { name: end }).click();
    await range.getByText("1–100").waitFor();
  }
});

test("what was typed is there after another screen and a reload, and can be formatted", async () => {
  const page = await suite.open("#/topics/a");
  await page
    .getByLabel("Data", { exact: true })
    .fill('{"b":1,"list":["one","two","three","four","five","six","seven"]}');
  await page.getByLabel("Event name").fill("placed");
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.goBack();
  expect(await page.getByLabel("Event name").inputValue()).toBe("placed");
  await page.reload();
  await page.getByRole("button", { name: "Format" }).click();
  const laidOut = await page.getByLabel("Data", { exact: true }).inputValue();
  expect(laidOut.split("\n").length).toBeGreaterThan(3);
  expect(JSON.parse(laidOut)).toEqual({ b: 1, list: ["one", "two", "three", "four", "five", "six", "seven"] });
  await page.getByLabel("Data", { exact: true }).fill('{"b":');
  expect(await page.getByRole("button", { name: "Format" }).isDisabled()).toBe(true);
});

test("a topic is ended and forgotten, each after a question", async () => {
  const { hub } = suite.running;
  await hub.publish("jobs/1", "x");
  const page = await suite.open("#/topics/jobs%2F1");
  await live(page);
  await page.getByRole("button", { name: "End topic…" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "End topic…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End topic" }).click();
  await page.locator(".note", { hasText: "jobs/1 has ended." }).waitFor();
  expect((await hub.topics())[0]?.ended).toBe(true);
  await page.getByRole("button", { name: "Forget…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
  await expect.poll(() => hub.topics()).toEqual([]);
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("a topic that has ended is listened to again once it is forgotten, by whomever", async () => {
  const { hub } = suite.running;
  await hub.publish("jobs/1", "x", { end: true });
  const page = await suite.open("#/topics/jobs%2F1");
  await page.locator(".tail .phase[data-phase=ended]").waitFor();
  await page.locator(".screen-head .badge", { hasText: "ended" }).waitFor();
  await hub.deleteTopic("jobs/1");
  await live(page);
  await hub.publish("jobs/1", "y");
  await expect.poll(async () => (await data(page))[0]).toBe("y");
});

function live(page: Page): Promise<void> {
  return page.locator(".tail .phase[data-phase=live]").waitFor();
}

/** Data of all rows, from the top. */
function data(page: Page): Promise<string[]> {
  return page.locator(".event pre").allInnerTexts();
}
