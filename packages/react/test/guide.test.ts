import { expect, onTestFinished, test } from "vitest";
import { openScenario, startChromium } from "./support/chromium.ts";
import { startServer } from "./support/server.ts";

test("what README and guide show is so", async () => {
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const server = await startServer("19", {
    route(request, response) {
      if (request.url !== "/addClient") return false;
      response.setHeader("content-type", "text/event-stream").write("data: hello\n\n");
      return true;
    },
  });
  await server.hub.publish("prices/ACME", 7);
  for (const text of ["one", "two"]) await server.hub.publish("news", { text });
  const { page, until, problems } = await openScenario(browser, server, "guide");
  await until("price", "7");
  await until("client", "open: hello");
  await expect.poll(() => page.locator("li").allTextContents()).toEqual(["one", "two"]);
  await expect.poll(() => page.locator("#banner").count()).toBe(0);
  await server.hub.publish("orders/1", { total: 3 });
  await server.hub.publish("orders/2", { total: 4 });
  await server.hub.publish("notices/a/b", { text: "Look" });
  await server.hub.publish("news", { text: "three" });
  await until("turnover", "7");
  await expect.poll(() => page.title()).toBe("Look");
  await expect.poll(() => page.locator("li").allTextContents()).toEqual(["one", "two", "three"]);
  expect(problems).toEqual([]);

  await server.hub.close();
  await until("banner", "Connecting…");
});
