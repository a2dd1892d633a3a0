import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { curl } from "./support/curl.ts";
import { Publisher } from "./support/publisher.ts";
import { chooseSeed, createRandom } from "./support/random.ts";

const WAVES = 40;
const PER_WAVE = 500;
/** After these, all code is warm and every pool has its size. */
const WARM_UP = 8;

/** When a reader goes away. */
const MOMENTS = [
  "half a request",
  "request sent",
  "first bytes",
  "in the replay",
  "live",
  "in authorize",
  "denied",
] as const;
type Moment = (typeof MOMENTS)[number];

interface Measured {
  /** Bytes on the heap, after a collection. */
  readonly heap: number;
  /** Bytes outside of it: sockets, buffers. */
  readonly external: number;
  /** How many timers, sockets and so on keep the process alive. */
  readonly resources: Readonly<Record<string, number>>;
  readonly connections: number;
}

test(`${WAVES * PER_WAVE} connects and disconnects leave nothing behind`, async () => {
  const random = createRandom(chooseSeed("churn"));
  const { child, port, guarded } = await startServer();
  const publisher = new Publisher(port);
  // Up to its bound from the start, so that history does not grow either.
  const history = Array.from({ length: 2_000 }, (_, at) => ({ topic: "news", data: `${at} ${"x".repeat(100)}` }));
  await publisher.post("/events", JSON.stringify(history));

  const reached = new Map<Moment, number>();
  let early: Measured | undefined;
  for (let wave = 1; wave <= WAVES; wave++) {
    const readers = Array.from({ length: PER_WAVE }, (_, at) => {
      const moment = random.pick(MOMENTS);
      const abrupt = random.next() < 0.5;
      // A subscription of its own for each reader: an audience that is left behind would show.
      return comeAndGo(
        moment === "in authorize" || moment === "denied" ? guarded : port,
        moment,
        `${wave}/${at}`,
        abrupt,
      );
    });
    const published = publisher.post("/topics/news", `wave ${wave} ${"x".repeat(100)}`);
    for (const moment of await Promise.all(readers)) reached.set(moment, (reached.get(moment) ?? 0) + 1);
    expect((await published).status).toBe(201);
    publisher.close();
    if (wave === WARM_UP) early = await settled(child);
  }
  const late = await settled(child);

  expect([...reached.keys()].sort()).toEqual([...MOMENTS].sort());
  for (const count of reached.values()) expect(count).toBeGreaterThan((WAVES * PER_WAVE) / MOMENTS.length / 2);
  expect(JSON.parse(await curl(`http://127.0.0.1:${port}/connections`))).toEqual({ connections: [], truncated: false });
  expect(late.resources).toEqual(early?.resources);
  const count = (WAVES - WARM_UP) * PER_WAVE;
  const heap = late.heap - (early?.heap ?? 0);
  const external = late.external - (early?.external ?? 0);
  console.log(`${heap} bytes of heap and ${external} outside more after ${count} more readers`);
  // 64 bytes for each, a name and its place in a map, for compiled code comes and goes by hundreds of KB.
  expect(heap).toBeLessThan(64 * count);
  // Outside of the heap there is less that comes and goes; a forgotten buffer holds 8 KB of Node's pool at once.
  expect(external).toBeLessThan(4 * count);
}, 120_000);

async function startServer(): Promise<{ child: ChildProcess; port: number; guarded: number }> {
  const child = fork(fileURLToPath(new URL("support/churn-server.mjs", import.meta.url)), {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const [ports] = (await once(child, "message")) as [{ port: number; guarded: number }];
  return { child, ...ports };
}

/** What the server holds when no socket is left: one that a reader has just let go of is noticed a little later. */
async function settled(child: ChildProcess): Promise<Measured> {
  let measured: Measured | undefined;
  await expect
    .poll(
      async () => {
        child.send("measure");
        [measured] = (await once(child, "message")) as [Measured];
        return { connections: measured.connections, sockets: measured.resources.TCPSocketWrap ?? 0 };
      },
      { timeout: 20_000 },
    )
    .toEqual({ connections: 0, sockets: 0 });
  return measured as Measured;
}

/** A reader that comes and, at a moment, goes. Settles with the moment when its socket is closed. */
function comeAndGo(port: number, moment: Moment, name: string, abrupt: boolean): Promise<Moment> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const leave = (): void => {
      if (abrupt) socket.resetAndDestroy();
      else socket.destroy();
    };
    const topic = moment === "denied" ? `denied/${name}` : `churn/${name}`;
    const replay = moment === "in the replay" ? "&topic=news&from=earliest" : "";
    const request = `GET /events?topic=${topic}&topic=churn/*${replay} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`;
    let received = "";
    socket.on("error", () => {});
    socket.on("close", () => resolve(moment));
    socket.on("connect", () => {
      if (moment === "half a request") socket.write(request.slice(0, 30), leave);
      else if (moment === "request sent" || moment === "in authorize") socket.write(request, leave);
      else socket.write(request);
    });
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (moment === "first bytes") leave();
      if (moment === "denied" && received.includes(" 403 ")) leave();
      if (moment === "in the replay" && received.includes("data: ")) leave();
      if (moment === "live" && received.includes("tidings:live")) leave();
    });
  });
}
