import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ConnectionInfo, HubOptions } from "@tidings/server";
import { onTestFinished } from "vitest";

/** What the process is told to do. */
export type Order =
  | {
      readonly type: "publish";
      /** Number of the first event, which its data starts with; events go to the topics in turn. */
      readonly first: number;
      readonly count: number;
      readonly topics: readonly string[];
      readonly bytes: number;
    }
  | { readonly type: "measure" };

/** What it holds, after a collection. */
export interface Holdings {
  /** Bytes on the heap and outside of it. */
  readonly used: number;
  readonly connections: readonly Pick<ConnectionInfo, "topics" | "state" | "buffered">[];
}

/** A hub in a process of its own, so that its memory is its own too. */
export interface HubServer {
  readonly url: string;
  readonly port: number;
  /** The reasons for which connections were closed, by their topics, with a space between. */
  readonly disconnected: ReadonlyMap<string, string>;
  publish(order: Omit<Extract<Order, { type: "publish" }>, "type">): Promise<void>;
  measure(): Promise<Holdings>;
}

/** Starts a hub over a memory store. Ended with the test. */
export async function startHubServer(options: HubOptions): Promise<HubServer> {
  const child = fork(fileURLToPath(new URL("hub-server.mjs", import.meta.url)), [JSON.stringify(options)], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const disconnected = new Map<string, string>();
  const waiting: ((answer: unknown) => void)[] = [];
  child.on("message", (message: { type: string; topics: string[]; reason: string }) => {
    if (message.type === "disconnected") disconnected.set(message.topics.join(" "), message.reason);
    else waiting.shift()?.(message);
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The hub's process ended with ${code}.`);
  });
  // Whoever waits for an answer is told.
  ended.catch(() => {});
  const answer = <Answer>(): Promise<Answer> => {
    const answered = new Promise<Answer>((resolve) => waiting.push(resolve as (answer: unknown) => void));
    return Promise.race([answered, ended]);
  };
  const order = <Answer>(message: Order): Promise<Answer> => {
    child.send(message);
    return answer<Answer>();
  };
  const { port } = await answer<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    disconnected,
    publish: (what) => order({ type: "publish", ...what }),
    measure: () => order({ type: "measure" }),
  };
}
