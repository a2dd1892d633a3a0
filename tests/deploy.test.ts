import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { OPTIONS } from "../packages/hub/src/config/options.ts";
import { ownEnvironment, testDirectory } from "../packages/hub/test/support/cli.ts";
import { testHub } from "../packages/hub/test/support/hub.ts";
import { grant, SECRET } from "../packages/hub/test/support/tokens.ts";
import { toMilliseconds } from "./support/proxies.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Where the files of deploy/ expect an installed hub. */
const INSTALLED = /\/(?:app|opt\/tidings)\/node_modules\/tidings\//g;

describe("the systemd unit", () => {
  const file = "deploy/systemd/tidings.service";
  const unit = read(file);
  const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));

  test("is one, by systemd-analyze, and is exposed to little", () => {
    const verify = spawnSync("systemd-analyze", ["verify", join(ROOT, file)], { encoding: "utf8" });
    expect([verify.status, verify.stdout + verify.stderr]).toEqual([0, ""]);
    // Of 100, of which a service without any hardening has 96.
    const security = ["security", "--offline=true", "--threshold=20", join(ROOT, file)];
    const { status, stdout } = spawnSync("systemd-analyze", security, { encoding: "utf8" });
    expect(status, stdout.split("\n").at(-2)).toBe(0);
  });

  test("gives a hub the time and the files it may take", () => {
    expect(toMilliseconds(settings.get("TimeoutStopSec") as string)).toBeGreaterThan(
      toMilliseconds(OPTIONS.drain.default as string) + 2000,
    );
    expect(Number(settings.get("LimitNOFILE"))).toBeGreaterThan(Number(OPTIONS.maxConnections.default) + 1000);
  });

  test("starts a hub that goes by the secret, which no list of processes shows", async () => {
    const directory = testDirectory();
    writeFileSync(join(directory, "jwt-secret"), `${SECRET}\n`);
    const command = (settings.get("ExecStart") as string)
      .replaceAll("$$", "$")
      .replaceAll("%d", directory)
      .replace(INSTALLED, `${ROOT}packages/hub/`);
    const [, shell = "", script = ""] = /^(\S+) -c '(.*)'$/.exec(command) ?? [];
    const child = spawn(shell, ["-c", `${script} --port 0`], {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
      env: ownEnvironment(),
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    await expect.poll(() => output, { timeout: 10_000 }).toMatch(/listening on (\S+)/);
    const [, url] = /listening on (\S+)/.exec(output) ?? [];
    const headers = { authorization: `Bearer ${await grant({ admin: true })}` };
    expect((await fetch(`${url}/stats`)).status).toBe(401);
    expect((await fetch(`${url}/stats`, { headers })).status).toBe(200);
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 5_000 }).toBe(200);
    // The shell has become the hub, so that signals reach it.
    expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).toMatch(/^\S*node\0.*tidings\.js\0serve\0/);
    expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).not.toContain(SECRET);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(existsSync(join(directory, "tidings.db"))).toBe(true);
  });
});

describe("the Dockerfile, which no engine was at hand to build", () => {
  const lines = read("Dockerfile").replaceAll("\\\n", " ").split("\n");
  const all = (name: string): string[] =>
    lines
      .filter((line) => line.trim().startsWith(`${name} `))
      .map((line) =>
        line
          .trim()
          .slice(name.length + 1)
          .trim(),
      );

  test("copies, packs and starts what there is", () => {
    const [build, packs] = all("COPY");
    expect([build, packs]).toEqual([". .", "--from=build /packs /packs"]);
    const run = all("RUN").join("\n");
    const scripts = JSON.parse(read("package.json")).scripts;
    for (const [, script = ""] of run.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(script);
    // Every workspace that the hub needs, and they alone.
    const workspaces = ["wire", "client", "server", "hub"].map((name) =>
      JSON.parse(read(`packages/${name}/package.json`)),
    );
    const packed = [...run.matchAll(/-w (\S+)/g)].map(([, name]) => name);
    expect(packed).toEqual(workspaces.map(({ name }) => name));
    const needed = workspaces.flatMap(({ dependencies = {} }) => Object.keys(dependencies));
    expect(packed).toEqual(expect.arrayContaining(needed.filter((name) => name.startsWith("@tidings/"))));
    const [command, script] = JSON.parse(all("ENTRYPOINT")[0] ?? "") as string[];
    expect(command).toBe("node");
    expect(existsSync((script as string).replace(INSTALLED, `${ROOT}packages/hub/`))).toBe(true);
  });

  test("runs as no root, on a Node that brings its own SQLite, with a hub's arguments", () => {
    expect(all("USER")).toEqual(["node"]);
    for (const image of all("FROM")) expect(image).toMatch(/^node:(2[2-9])-slim\b/);
    const args = JSON.parse(all("CMD").find((line) => line.includes("serve")) ?? "") as string[];
    expect(args).toEqual(["serve", "--host", "0.0.0.0", "--data", `${all("VOLUME")[0]}/tidings.db`]);
    expect(all("EXPOSE")).toEqual([OPTIONS.port.default]);
  });

  test("its health check tells a hub that is well from one that is not", async () => {
    const check = lines.find((line) => line.startsWith("HEALTHCHECK")) ?? "";
    const [, , script = ""] = JSON.parse(/CMD (\[.*\])/.exec(check)?.[1] ?? "") as string[];
    const { port, close } = await testHub();
    const run = () => spawnAsync(script.replace(":4400", `:${port}`));
    expect(await run()).toBe(0);
    await close();
    expect(await run()).toBe(1);
  });

  test("leaves out what is not to get into an image", () => {
    const ignored = read(".dockerignore").trim().split("\n");
    expect(ignored).toEqual(expect.arrayContaining([".git", "**/node_modules", "**/dist", "**/*.db*", "**/.env*"]));
  });
});

function spawnAsync(script: string): Promise<unknown> {
  const child = spawn(process.execPath, ["-e", script], { stdio: "inherit" });
  return new Promise((resolve) => child.once("close", resolve));
}
