import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { startHub } from "tidings";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RunningExample, startChromium, startScript } from "../../examples/harness.ts";
import { listenAs } from "./guides/with-token.ts";

const SECRET = "a secret that the backend and the hub of the guide share";

describe("the code of guides/auth.md runs as it is shown", () => {
  let backend: RunningExample;
  let browser: Browser;

  beforeAll(async () => {
    backend = await startScript(new URL("guides/tokens.mjs", import.meta.url), { TIDINGS_JWT_SECRET: SECRET });
    browser = await startChromium();
  });

  afterAll(async () => {
    await browser.close();
    await backend.stop("SIGKILL");
  });

  async function start() {
    const config = { jwtSecret: [SECRET], jwtCookie: "tidings", corsOrigin: [backend.url] };
    const running = await startHub({ memory: true, port: 0, drain: 0, ...config });
    onTestFinished(() => running.close());
    await running.hub.ready;
    return running;
  }

  test("connect, with tokens of the backend's", async () => {
    const { url, hub } = await start();
    const asAda: typeof fetch = (input, init) => fetch(input, { ...init, headers: { cookie: "user=ada" } });
    const stream = listenAs("ada", backend.url, url, asAda);
    onTestFinished(() => stream.close());
    const first = stream[Symbol.asyncIterator]().next();
    await expect.poll(() => hub.connections().length).toBe(1);
    expect(hub.connections()[0]).toMatchObject({ subject: "ada", topics: ["prices/*", "users/ada/**"] });
    await hub.publish("users/bob/news", "not for ada");
    await hub.publish("users/ada/news", "for ada");
    expect((await first).value).toMatchObject({ topic: "users/ada/news", data: "for ada" });

    const asBob: typeof fetch = (input, init) => fetch(input, { ...init, headers: { cookie: "user=bob" } });
    await expect(listenAs("ada", backend.url, url, asBob).closed).rejects.toMatchObject({ status: 403 });
  });

  test("EventSource of a page of another origin, with the cookie", async () => {
    const { url, hub } = await start();
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    await context.addCookies([{ name: "user", value: "ada", url: backend.url }]);
    const page = await context.newPage();
    const logged: string[] = [];
    page.on("console", (message) => logged.push(message.text()));
    await page.goto(backend.url);
    const script = readFileSync(new URL("guides/with-cookie.js", import.meta.url), "utf8");
    await page.evaluate(script.replace("http://127.0.0.1:4400", url));
    await expect.poll(() => hub.connections().map(({ subject }) => subject)).toEqual(["ada"]);
    await hub.publish("users/ada/news", "for ada");
    await expect.poll(() => logged).toEqual(["for ada"]);

    // The cookie may read; it may not be used by whoever has not been named, nor for what the token does not grant.
    const post = (address: string) =>
      page.evaluate(
        (target) =>
          fetch(target, { method: "POST", body: "x", credentials: "include" }).then(
            ({ status }) => status,
            () => "blocked",
          ),
        address,
      );
    expect(await post(`${url}/topics/users/ada/news`)).toBe(403);
    await page.goto(backend.url.replace("127.0.0.1", "localhost"));
    expect(await post(`${url}/topics/users/ada/news`)).toBe("blocked");
    expect(hub.status().publications).toBe(1);
  });
});
