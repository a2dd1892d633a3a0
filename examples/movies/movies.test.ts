import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildPage, type RunningExample, startChromium, startExample } from "../harness.ts";

const run = promisify(execFile);

let browser: Browser;

beforeAll(async () => {
  [browser] = await Promise.all([startChromium(), buildPage("movies")]);
});

afterAll(() => browser.close());

test("films posted with curl are listed as they come, in every window and in one opened later", async () => {
  const server = await startServer();
  const [first, second] = await Promise.all([visit(server), visit(server)]);
  expect(await filmsOf(first)).toEqual([]);

  expect(await curl(server, "Alien")).toMatchObject({ status: 201 });
  for (const page of [first, second]) await expect.poll(() => filmsOf(page)).toEqual(["Alien"]);
  await curl(server, "Amélie");
  await curl(server, "<b>Brazil</b>");
  const films = ["Alien", "Amélie", "<b>Brazil</b>"];
  for (const page of [first, second]) await expect.poll(() => filmsOf(page)).toEqual(films);
  await expect.poll(async () => filmsOf(await visit(server))).toEqual(films);
});

test("after kill -9 the page shows every film once, in order, those of meanwhile too", {
  timeout: 60_000,
}, async () => {
  const server = await startServer();
  const page = await visit(server);
  const posted: string[] = [];
  const post = async (title: string): Promise<void> => {
    expect(await curl(server, title)).toMatchObject({ status: 201 });
    posted.push(title);
  };

  for (let kill = 1; kill <= 2; kill++) {
    await post(`Shown before kill ${kill}`);
    await expect.poll(() => filmsOf(page)).toEqual(posted);
    // Acknowledged, and killed in the same breath: whether or not the page has it, the file has.
    await post(`Acknowledged before kill ${kill}`);
    await server.running.stop("SIGKILL");
    await page.locator("[data-status=waiting], [data-status=connecting]").waitFor();
    await server.restart();
    await post(`Posted after kill ${kill}`);
    await expect.poll(() => filmsOf(page)).toEqual(posted);
  }
  // The same page all the time, over connections of its own making.
  expect(await page.evaluate(() => performance.getEntriesByType("navigation").length)).toBe(1);
  await expect.poll(async () => filmsOf(await visit(server))).toEqual(posted);
});

test("a film posted again, because nobody saw the answer, is stored once", async () => {
  const server = await startServer();
  const key = ["-H", "idempotency-key: film-1"];
  const { id } = await curl(server, "Alien", key);
  await server.running.stop("SIGKILL");
  await server.restart();
  expect(await curl(server, "Alien", key)).toEqual({ status: 200, id });
  expect(await curl(server, "Aliens", key)).toMatchObject({
    status: 422,
    error: expect.stringContaining("other content"),
  });
  await curl(server, "Brazil");
  const page = await visit(server);
  await expect.poll(() => filmsOf(page)).toEqual(["Alien", "Brazil"]);
});

test("what is no film is refused with a word about it; a signal ends the server though a page listens", async () => {
  const server = await startServer();
  await visit(server);
  for (const title of ["", "  "]) {
    expect(await curl(server, title)).toEqual({ status: 400, error: 'Send {"title": "Alien"}.' });
  }
  expect(await server.running.stop("SIGTERM")).toBe(0);
});

interface Server {
  running: RunningExample;
  /** Starts it again, with the same port and file. */
  restart(): Promise<void>;
}

async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-movies-"));
  const environment = { DATA: join(folder, "movies.db") };
  const server: Server = {
    running: await startExample("movies", environment),
    async restart() {
      server.running = await startExample("movies", { ...environment, PORT: server.running.port });
    },
  };
  onTestFinished(async () => {
    await server.running.stop("SIGKILL");
    await rm(folder, { recursive: true });
  });
  return server;
}

/** Opens the page, and waits until it has what is there. */
async function visit({ running }: Server): Promise<Page> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(running.url);
  await page.locator("[data-status=open]").waitFor();
  return page;
}

/** Oldest first; the page has the newest on top. */
async function filmsOf(page: Page): Promise<string[]> {
  return (await page.getByRole("list", { name: "Films" }).getByRole("listitem").allTextContents()).reverse();
}

/** Posts a film with the command that the page shows. */
async function curl(
  { running }: Server,
  title: string,
  more: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const { stdout } = await run("curl", [
    ...["--silent", "--max-time", "10", "--write-out", "\n%{http_code}"],
    ...["-d", JSON.stringify({ title }), "-H", "content-type: application/json", ...more],
    `localhost:${running.port}/movie`,
  ]);
  const [body = "", status] = stdout.split("\n");
  return { status: Number(status), ...JSON.parse(body) };
}
