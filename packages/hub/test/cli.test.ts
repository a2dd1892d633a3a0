import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli, serve, testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";

describe("tidings", () => {
  test("--version and --help answer and are done", async () => {
    const version = runCli(["--version"]);
    expect(await version.exit).toBe(0);
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);

    const help = runCli(["--help"]);
    expect(await help.exit).toBe(0);
    for (const word of [
      "serve",
      "publish <topic>",
      "subscribe <topic>",
      "--port <number>",
      "--cors-origin",
      "[4400]",
      "TIDINGS_",
    ]) {
      expect(help.stdout()).toContain(word);
    }
    expect(help.stderr()).toBe("");
  });

  test.each([
    ["publish", "--idempotency", "--key <key>"],
    ["subscribe", "", "--raw"],
    ["serve", "", "--config <file>"],
  ])("%s --help says more", async (command, _other, words) => {
    const help = runCli([command, "--help"]);
    expect(await help.exit).toBe(0);
    expect(help.stdout()).toContain(words);
  });

  test.each([
    [["benhc"], /"benhc" is not a command; there are serve, publish, subscribe, token, backup, bench\./],
    [["--prot", "1"], /--prot is not a flag of this command\. Did you mean --port\?/],
    [["serve", "now"], /takes no argument/],
    [["publish"], /Name the topic/],
    [["publish", "a"], /Give the data/],
    [["publish", "a", "b", "c"], /quote it: tidings publish a 'b c'/],
    [["publish", "a/../b", "x"], /is not a topic name/],
    [["publish", "a", "x", "--url", "ftp://x"], /--url is "ftp:\/\/x"; it must be/],
    [["subscribe"], /at least one topic/],
    [["subscribe", "a", "--last"], /--last needs a value/],
  ])("%j is not understood: exit 2", async (args, message) => {
    const cli = runCli(args);
    expect(await cli.exit).toBe(2);
    expect(cli.stderr()).toMatch(message);
    expect(cli.stderr()).toContain("--help says more");
    expect(cli.stdout()).toBe("");
  });

  test("a wrong variable, and a wrong bound that only the engine knows: exit 2", async () => {
    const variable = runCli([], { env: { TIDINGS_PORT: "x" } });
    expect(await variable.exit).toBe(2);
    expect(variable.stderr()).toContain('TIDINGS_PORT is "x"');

    const path = join(testDirectory(), "tidings.json");
    writeFileSync(path, '{"port": 0, "memory": true, "retention": {"a//b": {"maxCount": 1}}}');
    const file = runCli(["--config", path]);
    expect(await file.exit).toBe(2);
    expect(file.stderr()).toContain("a//b");
  });
});

describe("tidings serve", () => {
  test("prints where the page is, and two curls that work as they stand", async () => {
    const hub = await serve(["--memory", "--port", "0"]);
    await hub.waitFor("stdout", /publish {3}curl/);
    const [, listen] = /listen +curl -N '(.*)'/.exec(hub.stdout()) ?? [];
    const [, data, publish] = /publish +curl -d '(.*)' (\S+)/.exec(hub.stdout()) ?? [];
    expect(hub.stdout()).toMatch(/page +http:\/\/127\.0\.0\.1:\d+\/\n/);
    expect(hub.stdout()).toContain("history in memory");

    const answer = await fetch(publish as string, { method: "POST", body: data as string });
    expect(answer.status).toBe(201);
    const stream = await fetch(`${listen}&last=1`);
    const chunks: string[] = [];
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      chunks.push(chunk);
      if (chunks.join("").includes("data: Hello, world")) break;
    }
    expect(chunks.join("")).toContain("topic: hello\ndata: Hello, world\n\n");
  });

  test("takes its configuration from flags, variables and a file together", async () => {
    const directory = testDirectory();
    writeFileSync(
      join(directory, "hub.json"),
      '{"memory": true, "maxTopicsPerConnection": 2, "corsOrigin": "https://a.example"}',
    );
    const hub = await serve(["--port", "0"], {
      cwd: directory,
      env: { TIDINGS_CONFIG: "hub.json", TIDINGS_MAX_EVENT_BYTES: "4" },
    });
    expect((await ask(hub.port, { path: "/events?topic=a&topic=b&topic=c" })).json.code).toBe("too_many_topics");
    expect((await ask(hub.port, { method: "POST", path: "/topics/a", body: "12345" })).json.code).toBe(
      "event_too_large",
    );
    expect((await ask(hub.port, { path: "/topics", headers: { origin: "https://a.example" } })).status).toBe(200);
  });

  test("logs JSON lines on stderr, without what was published", async () => {
    const hub = await serve(["--memory", "--port", "0", "--log-level", "debug"]);
    await ask(hub.port, { method: "POST", path: "/topics/a", body: "a secret" });
    await hub.waitFor("stderr", /"answered"/);
    const lines = hub
      .stderr()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      level: "debug",
      method: "POST",
      path: "/topics/a",
      status: 201,
      msg: "answered",
    });
    expect(hub.stderr()).not.toContain("a secret");
  });

  test("a port that is taken: exit 1 and a sentence", async () => {
    const { port } = await testHub();
    const second = runCli(["--memory", "--port", String(port)]);
    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain(`Port ${port} of 127.0.0.1 is taken`);
    expect(second.stderr()).not.toContain("    at ");
  });
});

describe("tidings publish", () => {
  test("publishes an argument and prints its id", async () => {
    const { url, hub } = await testHub();
    const cli = runCli(["publish", "orders/é 42", '{"total": 9}', "--event", "placed", "--url", url]);
    expect(await cli.exit).toBe(0);
    const { events } = await hub.history("orders/é 42");
    expect(events).toMatchObject([{ data: '{"total": 9}', event: "placed" }]);
    expect(JSON.parse(cli.stdout())).toEqual({ id: events[0]?.id, topic: "orders/é 42" });
  });

  test.each([
    ["hello\n", "hello"],
    ["two\nlines\r\n", "two\nlines"],
    ["no line break", "no line break"],
    ["", ""],
  ])("publishes standard input: %j", async (input, data) => {
    const { url, hub } = await testHub();
    const cli = runCli(["publish", "a", "-"], { env: { TIDINGS_URL: `${url}/` } });
    cli.process.stdin?.end(input);
    expect(await cli.exit).toBe(0);
    expect((await hub.history("a")).events[0]?.data).toBe(data);
  });

  test("--key stores once, --end ends", async () => {
    const { url, hub } = await testHub();
    const args = ["publish", "a", "x", "--key", "k", "--url", url];
    const first = runCli(args);
    expect(await first.exit).toBe(0);
    const second = runCli(args);
    expect(await second.exit).toBe(0);
    expect(second.stdout()).toBe(first.stdout());
    const end = runCli(["publish", "a", "--end", "--url", url]);
    expect(await end.exit).toBe(0);
    expect((await hub.history("a")).events).toMatchObject([{ data: "x" }, { end: true }]);
  });

  test("a refusal is told in the hub's own words: exit 1", async () => {
    const { url } = await testHub();
    const cli = runCli(["publish", "a", "x", "--event", "open", "--url", url]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toMatch(/^tidings: The event name "open" is reserved/);
    expect(cli.stdout()).toBe("");
  });

  test("nobody there: exit 1", async () => {
    const { url, close } = await testHub();
    await close();
    const cli = runCli(["publish", "a", "x", "--url", url]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toContain(`No hub answers at ${url} (ECONNREFUSED)`);
  });
});
