import { expect, test } from "vitest";
import { listen } from "../support/stream.ts";
import { bearer, grant, SECRET, secondsFromNow, sign } from "../support/tokens.ts";
import { usePages } from "./support/page.ts";

const suite = usePages({ jwtSecret: [SECRET], heartbeat: 500 });
const ADMIN = { admin: true };

async function signIn(page: Awaited<ReturnType<typeof suite.open>>, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a hub with keys asks for an admin's token, says what is wrong with others, and lets in", async () => {
  const page = await suite.open("#/topics/a");
  await page.getByRole("heading", { name: "Sign in to Tidings" }).waitFor();
  const alert = page.getByRole("alert");
  await signIn(page, "nonsense");
  await expect.poll(() => alert.innerText()).not.toBe("");
  await signIn(page, await sign({ exp: secondsFromNow(-60), tidings: ADMIN }));
  await expect.poll(() => alert.innerText()).toMatch(/expired/);
  await signIn(page, await grant({ subscribe: ["**"] }));
  await expect.poll(() => alert.innerText()).toMatch(/good, but not for this page/);
  await signIn(page, `Bearer ${await grant(ADMIN, { sub: "grace" })} `);
  await page.getByRole("heading", { name: "a", exact: true }).waitFor();
  await page.getByText("grace").waitFor();
});

test("the token goes along as a header and never in an address; it stays for the tab, and signing out forgets it", async () => {
  const page = await suite.open();
  const token = await grant(ADMIN, { sub: "grace" });
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await signIn(page, token);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await suite.running.hub.publish("a", "for those who may");
  for (const hash of ["#/topics", "#/topics/a", "#/connections", "#/inspector?topic=a", "#/try?topic=a"])
    await page.goto(`${suite.running.url}/${hash}`);
  await page.reload();
  await page.getByRole("heading", { name: "Try it" }).waitFor();
  await page.goto(`${suite.running.url}/#/topics/a`);
  await page.locator(".event", { hasText: "for those who may" }).waitFor();
  expect(addresses.length).toBeGreaterThan(10);
  expect(addresses.filter((address) => address.includes(token.slice(-20)))).toEqual([]);
  expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ""]);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Tidings" }).waitFor();
  expect(await page.evaluate(() => sessionStorage.getItem("tidings:token"))).toBeNull();
  await expect.poll(() => suite.running.hub.connections().length).toBe(0);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in to Tidings" }).waitFor();
});

test("a token that expires leads back to the sign-in, which says so, and then to where one was", async () => {
  const page = await suite.open("#/topics/a");
  await signIn(page, await sign({ exp: secondsFromNow(4), tidings: ADMIN }));
  await page.locator(".tail .phase[data-phase=live]").waitFor();
  await page.getByRole("heading", { name: "Sign in to Tidings" }).waitFor({ timeout: 15_000 });
  expect(await page.getByRole("alert").innerText()).toMatch(/expired/);
  await signIn(page, await grant(ADMIN));
  await page.locator(".tail .phase[data-phase=live]").waitFor();
});

test("code to try has a token of minutes that is good for its topic alone", async () => {
  const { url } = suite.running;
  const page = await suite.open("#/try?topic=orders%2F42");
  await signIn(page, await grant(ADMIN));
  await page.getByText("The token may listen to and publish orders/42").waitFor();
  const code = await page.locator(".recipe code").first().innerText();
  const token = /Bearer ([\w.-]+)/.exec(code)?.[1] ?? "";
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  expect(claims.tidings).toEqual({ subscribe: ["orders/42"], publish: ["orders/42"] });
  expect(claims.exp - Date.now() / 1000).toBeLessThanOrEqual(600);
  const refused = await fetch(`${url}/topics/prices`, { method: "POST", body: "x", headers: bearer(token) });
  expect(refused.status).toBe(403);
  const granted = await fetch(`${url}/topics/orders/42`, { method: "POST", body: "x", headers: bearer(token) });
  expect(granted.status).toBe(201);
});

test("a token that has expired ends its streams, which may come back with another", async () => {
  const token = await sign({ sub: "ada", exp: secondsFromNow(2), tidings: { subscribe: ["**"] } });
  const reader = await listen(`${suite.running.url}/events?topic=a`, bearer(token));
  await reader.ended;
  expect(reader.events.at(-1)).toMatchObject({ event: "tidings:bye", data: '{"reason":"expired","reconnect":true}' });
});

test("a subject is kept out for a time", async () => {
  const { url } = suite.running;
  const ada = bearer(await grant({ subscribe: ["**"] }, { sub: "ada" }));
  const readers = await Promise.all(["a", "b"].map((topic) => listen(`${url}/events?topic=${topic}`, ada)));
  const page = await suite.open("#/connections?search=ada");
  await signIn(page, await grant(ADMIN));
  await expect.poll(() => page.locator(".connection-row").count()).toBe(2);
  await page.getByRole("button", { name: "Kick ada" }).first().click();
  await page.getByLabel("Keep ada out").check();
  await page.getByRole("dialog").getByRole("button", { name: "Kick" }).click();
  for (const reader of readers) await reader.ended;
  const { status } = await fetch(`${url}/events?topic=a`, {
    headers: { accept: "text/event-stream, application/problem+json", ...ada },
  });
  expect(status).toBe(403);
  await page.getByRole("heading", { name: "No connection with “ada”" }).waitFor();
});
