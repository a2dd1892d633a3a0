import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { SHELL_TOKEN, toPublishCurl } from "../../page/src/model/curl.ts";
import { type Recipe, toRecipes } from "../../page/src/model/snippets.ts";
import { testHub } from "../support/hub.ts";
import { listen } from "../support/stream.ts";
import { grant, keyedHub } from "../support/tokens.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

const recipe = (recipes: readonly Recipe[], id: string): Recipe => recipes.find((each) => each.id === id) as Recipe;
const code = (found: Recipe, title: string): string => found.snippets.find((each) => each.title === title)?.code ?? "";

describe.each(["without keys", "with a token"])("curl, as a shell runs it, %s", (kind) => {
  test("publishes, reads the history, listens", async () => {
    const running = await (kind === "with a token" ? keyedHub() : testHub());
    const name = "it's a/$topic & more";
    const token = kind === "with a token" ? await grant({ subscribe: [name], publish: [name] }) : undefined;
    const curl = recipe(toRecipes({ root: `${running.url}/`, name, token }), "curl");

    const published = JSON.parse((await run("sh", ["-c", `${code(curl, "Publish")} -s`])).stdout);
    expect(published).toEqual({ id: expect.any(String), topic: name });
    const history = JSON.parse((await run("sh", ["-c", `${code(curl, "Read the history")} -s`])).stdout);
    expect(history.events).toMatchObject([{ id: published.id, data: '{"total":9}' }]);

    const listener = spawn("sh", ["-c", `exec ${code(curl, "Listen")} -s`]);
    onTestFinished(() => void listener.kill());
    let heard = "";
    listener.stdout.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    await expect.poll(() => heard).toContain("tidings:live");
    await running.hub.publish(name, "heard");
    await expect.poll(() => heard).toContain("data: heard\n");
  });
});

test("a command of a hub with keys takes the token from the shell it is pasted into", async () => {
  const running = await keyedHub();
  const command = toPublishCurl(`${running.url}/`, { topic: "a", event: "", data: "x" }, SHELL_TOKEN);
  const env = { ...process.env, TOKEN: await grant({ publish: ["a"] }) };
  const { stdout } = await run("sh", ["-c", `${command} -s`], { env });
  expect(JSON.parse(stdout)).toEqual({ id: expect.any(String), topic: "a" });
});

const CONTEXTS = [
  { root: "http://127.0.0.1:4400/", name: "orders/42", token: undefined },
  { root: "https://hub.example/live/", name: 'a"b/**', token: "a.b.c" },
];

describe.each(CONTEXTS)("for $name", (context) => {
  test.each(toRecipes(context).map((each) => [each.label, each] as const))(
    "%s compiles, and imports what there is",
    async (_, found) => {
      for (const { title, code } of found.snippets.filter(
        ({ title }) => !["Listen", "Publish", "Read the history", "Listen to it"].includes(title),
      )) {
        const { code: compiled, warnings } = await transform(code, { loader: "tsx", format: "esm", jsx: "automatic" });
        expect(warnings, title).toEqual([]);
        if (found.id !== "event-source" || context.token !== undefined) expect(compiled).toMatch(/^import /m);
        for (const [, names = "", specifier = ""] of compiled.matchAll(/^import \{([^}]+)\} from "([^"]+)"/gm)) {
          const module = await import(specifier);
          for (const name of names.split(",")) expect(Object.keys(module), specifier).toContain(name.trim());
        }
        for (const part of [context.root, JSON.stringify(context.name).slice(1, -1)])
          expect(decodeURIComponent(code)).toContain(part.replace('\\"', found.id === "event-source" ? '"' : '\\"'));
        expect(code.includes("a.b.c")).toBe(context.token !== undefined);
      }
    },
  );
});

describe("servers hand on what the hub has", () => {
  test.each(["node", "express", "fastify", "hono"])("%s", async (id) => {
    const running = await keyedHub();
    const token = await grant({ subscribe: ["orders/**"] });
    const port = await freePort();
    const found = recipe(toRecipes({ root: `${running.url}/`, name: "orders/**", token }), id);
    // Among the sources of the repository, where packages are found by name.
    const folder = await mkdtemp(`${ROOT}node_modules/.snippet-`);
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = `${folder}/server.mjs`;
    const source = code(found, "server.mjs");
    expect(source).toContain("3000");
    await writeFile(file, source.replaceAll("3000", String(port)));
    const server = spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit"] });
    onTestFinished(() => void server.kill("SIGKILL"));

    await expect.poll(() => running.hub.connections().length).toBe(1);
    const reader = await poll(() => listen(`http://127.0.0.1:${port}/events`));
    onTestFinished(() => reader.close());
    await reader.until(({ event }) => event === "tidings:live");
    await running.hub.publish("orders/42", { total: 9 }, { event: "placed" });
    const event = await reader.until((each) => each.event === "placed");
    expect(event).toMatchObject({ topic: "orders/42", data: '{"total":9}' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a function gives, once it does not throw. */
async function poll<T>(read: () => Promise<T>): Promise<T> {
  let value: T | undefined;
  await expect
    .poll(async () => {
      value = await read().catch(() => undefined);
      return value !== undefined;
    })
    .toBe(true);
  return value as T;
}
