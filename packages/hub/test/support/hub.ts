import { type HubConfig, type RunningHub, startHub } from "tidings";
import { onTestFinished } from "vitest";

/** A hub on a free port, in memory unless told otherwise, closed when the test is over. */
export async function testHub(config: HubConfig = {}): Promise<RunningHub> {
  const running = await startHub({ port: 0, memory: config.data === undefined, drain: 100, ...config });
  onTestFinished(() => running.close());
  await running.hub.ready;
  return running;
}
