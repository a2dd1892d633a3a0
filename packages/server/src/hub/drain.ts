import type { Engine } from "./engine.ts";

/** Milliseconds that transports have to go away once they have been destroyed. */
const GONE_TIME = 1_000;

/**
 * Says `tidings:bye` to every reader, with times to come back spread over the drain time, and waits until all are gone:
 * by themselves within the drain time, or made to.
 */
export async function drainConnections(engine: Engine, drain: number): Promise<void> {
  const { connections, runtime, fanOut } = engine;
  engine.draining = true;
  fanOut.flush();
  for (const connection of [...connections.values()]) {
    connection.finish("drain", true, engine.retry() + Math.round(runtime.random() * drain));
  }
  const empty = new AbortController();
  engine.whenEmpty(() => empty.abort());
  await runtime.wait(drain, empty.signal);
  for (const connection of [...connections.values()]) connection.destroy("drain");
  await runtime.wait(GONE_TIME, empty.signal);
  engine.stop();
}
