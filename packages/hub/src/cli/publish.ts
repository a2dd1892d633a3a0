import { buffer } from "node:stream/consumers";
import { UsageError } from "../config/usage-error.ts";
import { parseArguments, readFlag } from "./arguments.ts";
import { PUBLISH_OPTIONS, toCredentials, toHubUrl } from "./client-options.ts";
import type { Command } from "./command.ts";
import { describeFailure, readRefusal } from "./problem.ts";

/** `tidings publish`: one event, never sent twice. */
export const publish: Command = {
  usage: "publish <topic> [data|-] [options]",
  summary: "publish one event; - reads its data from stdin",
  options: PUBLISH_OPTIONS,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, PUBLISH_OPTIONS);
    const [topic, data, ...rest] = positionals;
    if (topic === undefined) throw new UsageError("Name the topic to publish to: tidings publish <topic> [data|-].");
    if (rest.length > 0)
      throw new UsageError(`Data is one argument; quote it: tidings publish ${topic} '${[data, ...rest].join(" ")}'.`);
    const end = flags.end === true;
    if (data === undefined && !end)
      throw new UsageError("Give the data, - to read it from stdin, or --end to end the topic.");
    const key = readFlag(flags, "key", PUBLISH_OPTIONS.key.kind);
    const event = readFlag(flags, "event", PUBLISH_OPTIONS.event.kind);
    const url = toTopicUrl(flags, topic);
    const headers = {
      ...toCredentials(flags),
      "content-type": "text/plain; charset=utf-8",
      ...(key !== undefined && { "idempotency-key": key }),
    };
    if (event !== undefined) url.searchParams.set("event", event);
    if (end) url.searchParams.set("end", "true");
    const body = data === "-" ? withoutLastLineBreak(await buffer(process.stdin)) : (data ?? "");

    let response: Response;
    try {
      response = await fetch(url, { method: "POST", headers, body });
    } catch (error) {
      process.stderr.write(
        `tidings: ${describeFailure(url, error)}. Start one with npx tidings, or name it with --url.\n`,
      );
      return 1;
    }
    if (!response.ok) {
      process.stderr.write(`tidings: ${await readRefusal(response)}\n`);
      return 1;
    }
    process.stdout.write(`${JSON.stringify(await response.json())}\n`);
    return 0;
  },
};

/** @throws UsageError where a level would change the path instead of naming a topic */
function toTopicUrl(flags: Readonly<Record<string, unknown>>, topic: string): URL {
  const levels = topic.split("/");
  if (levels.some((level) => level === "" || level === "." || level === "..") || !topic.isWellFormed()) {
    throw new UsageError(`"${topic}" is not a topic name: no level may be empty, "." or "..".`);
  }
  return toHubUrl(flags, `topics/${levels.map(encodeURIComponent).join("/")}`);
}

/** As a shell's `$(…)` does: `echo hello | tidings publish …` means "hello". */
function withoutLastLineBreak(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? -2 : -1) : bytes.length;
  return new Uint8Array(bytes.subarray(0, end));
}
