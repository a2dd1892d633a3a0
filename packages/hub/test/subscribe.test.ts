import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Cli, runCli, serve, testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";

describe("tidings subscribe", () => {
  test("prints a JSON line for each event", async () => {
    const { url, hub } = await testHub();
    const cli = runCli(["subscribe", "a", "b/**", "--url", url]);
    await listening(hub);
    const { id } = await hub.publish("a", { total: 9 }, { event: "placed" });
    await hub.publish("b/c", "text");
    await hub.publish("other", "not for us");
    await hub.publish("a", "two\nlines");
    await cli.waitFor("stdout", /lines/);
    const lines = readLines(cli);
    expect(lines[0]).toEqual({ id, topic: "a", event: "placed", data: { total: 9 } });
    expect(lines.map(({ data }) => data)).toEqual([{ total: 9 }, "text", "two\nlines"]);
    expect(lines[1]).toMatchObject({ topic: "b/c", event: "message" });
    expect(cli.stderr()).toBe("");
  });

  test("--raw prints data alone; --last and --from start with history", async () => {
    const { url, hub } = await testHub();
    for (const data of ["1", "2", '{"a": 3}']) await hub.publish("a", data);
    const last = runCli(["subscribe", "a", "--raw", "--last", "2", "--url", url]);
    await last.waitFor("stdout", /3/);
    expect(last.stdout()).toBe('2\n{"a": 3}\n');
    const all = runCli(["subscribe", "a", "--raw", "--from", "earliest", "--url", url]);
    await all.waitFor("stdout", /3/);
    expect(all.stdout()).toBe('1\n2\n{"a": 3}\n');
  });

  test("ends when all its topics have: exit 0", async () => {
    const { url, hub } = await testHub();
    const cli = runCli(["subscribe", "a", "b", "--raw", "--url", url]);
    await listening(hub);
    await hub.publish("a", "last of a", { end: true });
    await hub.publish("b", "last of b", { end: true });
    expect(await cli.exit).toBe(0);
    expect(cli.stdout()).toBe("last of a\nlast of b\n");
    expect(cli.stderr()).toBe("");
  });

  test("goes on where it was when the hub was killed and came back", async () => {
    const data = `${testDirectory()}/tidings.db`;
    const first = await serve(["--port", "0", "--data", data, "--retry", "100ms"]);
    const cli = runCli(["subscribe", "a", "--raw", "--url", first.url]);
    await untilListening(first.port);
    for (const body of ["1", "2"]) await ask(first.port, { method: "POST", path: "/topics/a", body });
    await cli.waitFor("stdout", /2\n/);

    first.process.kill("SIGKILL");
    await cli.waitFor("stderr", /No hub answers at .* trying until one does\./);
    const second = await serve(["--port", String(first.port), "--data", data, "--retry", "100ms"]);
    await ready(second.port);
    for (const body of ["3", "4"]) await ask(second.port, { method: "POST", path: "/topics/a", body });

    await cli.waitFor("stdout", /4\n/);
    expect(cli.stdout()).toBe("1\n2\n3\n4\n");
    await cli.waitFor("stderr", /Connected to .* again\./);
    expect(cli.stderr()).not.toContain("missing");
  });

  test("says a gap on stderr", async () => {
    const first = await serve(["--port", "0", "--memory", "--retry", "100ms"]);
    const cli = runCli(["subscribe", "a", "--raw", "--url", first.url]);
    await untilListening(first.port);
    await ask(first.port, { method: "POST", path: "/topics/a", body: "1" });
    await cli.waitFor("stdout", /1\n/);
    first.process.kill("SIGKILL");
    await first.exit;
    await serve(["--port", String(first.port), "--memory", "--retry", "100ms"]);
    await cli.waitFor("stderr", /Events are missing here: .*"reason":"reset"/);
  });

  test("waits for a hub that is not there yet", async () => {
    const hub = await testHub();
    await hub.close();
    const cli = runCli(["subscribe", "a", "--raw", "--url", hub.url]);
    await cli.waitFor("stderr", /No hub answers/);
    const again = await testHub({ port: hub.port });
    await listening(again.hub);
    await again.hub.publish("a", "x");
    await cli.waitFor("stdout", /x\n/);
  });

  test("a refusal for good ends it in the hub's own words: exit 1", async () => {
    const { url } = await testHub();
    const cli = runCli(["subscribe", "a//b", "--url", url]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toMatch(/^tidings: "a\/\/b" is not a topic name/);
  });

  test("a hub that asks not to come back is obeyed: exit 1", async () => {
    const { url, hub } = await testHub();
    const cli = runCli(["subscribe", "a", "--url", url]);
    await listening(hub);
    for (const { id } of hub.connections()) hub.disconnect(id, { reconnect: false });
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toContain("asked not to come back");
  });

  test("a reader of its output that has enough is no error", async () => {
    const { url, hub } = await testHub();
    const cli = runCli(["subscribe", "a", "--raw", "--url", url]);
    await listening(hub);
    cli.process.stdout?.destroy();
    const publishing = setInterval(() => void hub.publish("a", "x"), 5);
    onTestFinished(() => clearInterval(publishing));
    expect(await cli.exit).toBe(0);
    expect(cli.stderr()).toBe("");
  });

  test("a heartbeat that does not come is a connection that is gone", async () => {
    let requests = 0;
    const url = await server((_request, response) => {
      requests++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('retry: 50\nevent: tidings:open\ndata: {"heartbeat":100}\n\nid: 1\ndata: x\n\n');
    });
    const cli = runCli(["subscribe", "a", "--raw", "--url", url]);
    await cli.waitFor("stdout", /x\nx\nx\n/);
    expect(requests).toBeGreaterThanOrEqual(3);
  });

  test("comes back with the last event id, heartbeats included, after the time it was told", async () => {
    const ids: (string | undefined)[] = [];
    const url = await server((request, response) => {
      ids.push(request.headers["last-event-id"] as string | undefined);
      if (ids.length === 4) return void response.writeHead(204).end();
      if (ids.length === 3) return void response.writeHead(503, { "retry-after": "0" }).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`retry: 20\nid: ${ids.length}-1\ndata: x\n\nid: ${ids.length}-2\n\nid: ${ids.length}-3\ndata: cut`);
    });
    const cli = runCli(["subscribe", "a", "--raw", "--url", url]);
    expect(await cli.exit).toBe(0);
    expect(ids).toEqual([undefined, "1-2", "2-2", "2-2"]);
    expect(cli.stdout()).toBe("x\nx\n");
  });

  test("what is no stream is refused: exit 1", async () => {
    const url = await server((_request, response) => response.end("<html>"));
    const cli = runCli(["subscribe", "a", "--url", url]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toContain("is not an event stream");
  });
});

function readLines(cli: Cli): { data: unknown }[] {
  return cli
    .stdout()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Settles when somebody listens to a hub of this process. */
async function listening(hub: Awaited<ReturnType<typeof testHub>>["hub"]): Promise<void> {
  await expect
    .poll(() => hub.connections().filter(({ state }) => state === "live").length, { timeout: 10_000 })
    .toBe(1);
}

/** Settles when somebody listens to a hub of another process. */
async function untilListening(port: number): Promise<void> {
  const live = async (): Promise<string | undefined> =>
    (await ask(port, { path: "/connections" })).json.connections[0]?.state;
  await expect.poll(live, { timeout: 10_000 }).toBe("live");
}

async function ready(port: number): Promise<void> {
  await expect.poll(async () => (await ask(port, { path: "/readyz" })).status, { timeout: 10_000 }).toBe(200);
}

/** A server that is none of ours. */
async function server(listener: RequestListener): Promise<string> {
  const http = createServer(listener);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
