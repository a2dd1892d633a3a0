import { EventSource } from "../../../src/event-source/index.ts";
import { BEYOND } from "./beyond.ts";
import { type Place, runSubtest, type Scope, type Subtest } from "./tools.ts";
import { WPT } from "./wpt.ts";

// What runs in Chromium: one bundle for pages, frames and workers. `?use=ours` puts our class in the place of the native.

/** One run to do: which suite, which of its subtests, where. */
export interface Job {
  readonly suite: "wpt" | "beyond";
  readonly index: number;
  readonly scope: Scope;
}

/** What the page offers to who drives it. */
export interface Harness {
  /** Settles with what is wrong, in order; null where nothing is. */
  run(jobs: readonly Job[]): Promise<(string | null)[]>;
}

interface Call {
  readonly job: Job;
  readonly id: number;
}

/** As many at once as leave an origin's six connections to those that wait. */
const AT_ONCE = 5;
const SUITES = { wpt: WPT, beyond: BEYOND };
const use = new URLSearchParams(location.search).get("use") === "ours" ? "ours" : "native";

if (use === "ours") Object.defineProperty(globalThis, "EventSource", { value: EventSource, writable: true });

const workers = new Map<string, (job: Job) => Promise<string | null>>();
let calls = 0;

if (typeof document !== "undefined") {
  Object.assign(globalThis, { harness: { run: runAll } satisfies Harness });
} else {
  type Port = Pick<MessagePort, "postMessage">;
  const answer = async ({ job, id }: Call, port: Port): Promise<void> =>
    port.postMessage({ id, problem: await runHere(job) });
  const listen = (target: EventTarget, port?: Port): void =>
    target.addEventListener("message", (event) => {
      const { data, source } = event as MessageEvent<Call>;
      void answer(data, port ?? (source as Port));
    });
  const name = globalThis.constructor.name;
  if (name === "SharedWorkerGlobalScope") {
    globalThis.addEventListener("connect", (event) => {
      const [port] = (event as MessageEvent).ports as unknown as [MessagePort];
      listen(port, port);
      port.start();
    });
  } else if (name === "ServiceWorkerGlobalScope") {
    listen(globalThis);
  } else {
    listen(globalThis, globalThis as unknown as Port);
  }
}

async function runAll(jobs: readonly Job[]): Promise<(string | null)[]> {
  const results: (string | null)[] = [];
  const todo = jobs.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [at, job] of todo) {
        const isHere = job.scope === "window" || subtestOf(job).fromPage === true;
        results[at] = isHere ? await runHere(job) : await (await workerOf(job))(job);
      }
    }),
  );
  return results;
}

async function runHere(job: Job): Promise<string | null> {
  return (await runSubtest(subtestOf(job), place())) ?? null;
}

function subtestOf({ suite, index }: Job): Subtest {
  return SUITES[suite][index] as Subtest;
}

function place(): Place {
  const inWorkerFolder = /-worker\//.test(location.pathname);
  const other = `${location.protocol}//xn--lve-6lad.${location.host}`;
  return {
    use,
    resources: inWorkerFolder ? "../resources/" : "resources/",
    crossOrigin: `${other}/eventsource/resources/`,
    address: location.href,
  };
}

/** The worker for a job, as the public suite has it: in the folder of the file, or beside the page. */
async function workerOf(job: Job): Promise<(job: Job) => Promise<string | null>> {
  const folder = /^(dedicated|shared)-worker\//.exec(subtestOf(job).source)?.[0] ?? "";
  const key = `${job.scope} ${folder}`;
  const known = workers.get(key);
  if (known !== undefined) return known;
  const url = `/eventsource/${folder}worker?use=${use}`;
  const started = job.scope === "serviceworker" ? await serviceWorker(url) : startWorker(job.scope, url);
  workers.set(key, started);
  return started;
}

function startWorker(scope: Scope, url: string): (job: Job) => Promise<string | null> {
  if (scope === "dedicatedworker") {
    const worker = new Worker(url);
    return caller(worker, worker);
  }
  const { port } = new SharedWorker(url);
  port.start();
  return caller(port, port);
}

async function serviceWorker(url: string): Promise<(job: Job) => Promise<string | null>> {
  const registration = await navigator.serviceWorker.register(url, { scope: "/eventsource/nowhere/" });
  const worker = (registration.active ?? registration.waiting ?? registration.installing) as ServiceWorker;
  while (worker.state !== "activated") {
    await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
  }
  navigator.serviceWorker.startMessages();
  return caller(worker, navigator.serviceWorker);
}

function caller(to: Pick<MessagePort, "postMessage">, from: EventTarget): (job: Job) => Promise<string | null> {
  return (job) =>
    new Promise((resolve) => {
      const id = calls++;
      const listener = (event: Event): void => {
        const { data } = event as MessageEvent<{ id: number; problem: string | null }>;
        if (data.id !== id) return;
        from.removeEventListener("message", listener);
        resolve(data.problem);
      };
      from.addEventListener("message", listener);
      to.postMessage({ job, id } satisfies Call);
    });
}
