import { constants } from "node:os";
import type { ErrorCode } from "@tidings/server";
import type { Logger } from "pino";
import { text } from "../config/kinds.ts";
import { loadConfig } from "../config/load.ts";
import { DEFAULTS, type HubConfig, OPTIONS, type OptionSpec } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import type { RunningHub } from "../start.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

const SERVE_OPTIONS = {
  ...OPTIONS,
  config: { kind: text("<file>", "the name of a file"), help: "JSON file with any of these settings, in camelCase" },
} as const satisfies Record<string, OptionSpec<unknown>>;

/** What closing may take beyond the drain time, in milliseconds. */
const CLOSING_MARGIN = 900;

/**
 * Why a hub that cannot open its history leaves, and how: none of these passes while it runs. All other reasons (a lock, a
 * full disk, a damaged file) are told by `/readyz` until somebody has dealt with them.
 */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  invalid_option: 2,
  store_driver_missing: 1,
};

/** `tidings serve`: the hub, until a signal ends it. */
export const serve: Command = {
  usage: "[serve] [options]",
  summary: "start the hub",
  options: SERVE_OPTIONS,
  notes: `Each setting is also a variable (--cors-origin: TIDINGS_CORS_ORIGIN) and a key of the --config file (corsOrigin).
A flag goes before a variable, a variable before the file. The file alone knows "retention", bounds by topic:
  { "retention": { "orders/**": { "maxAge": "1h", "maxCount": 100, "maxBytes": "1MiB" } } }`,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, SERVE_OPTIONS);
    if (positionals.length > 0) throw new UsageError(`tidings serve takes no argument, but got "${positionals[0]}".`);
    const config = loadConfig(flags, process.env);
    // Not before: a script that publishes line by line pays for what each start of the command loads.
    const [{ createLog }, { startHub }] = await Promise.all([import("../log.ts"), import("../start.ts")]);
    const log = createLog(config.logLevel ?? DEFAULTS.logLevel, process.stderr);
    let running: RunningHub;
    try {
      running = await startHub(config, { log });
    } catch (error) {
      process.stderr.write(`tidings: ${describeStartFailure(error, config)}\n`);
      return exitCodeOf(error) ?? 1;
    }
    const stopped = untilStopped(running, config.drain ?? DEFAULTS.drain, log);
    // Only now: whoever reads it may send a signal at once.
    process.stdout.write(describeStart(running.url, config));
    return stopped;
  },
};

/** Settles with the exit code when a signal, or a fault of our own, has ended the hub. */
function untilStopped(running: RunningHub, drain: number, log: Logger): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (code: number): void => {
      stopping = true;
      setTimeout(() => {
        log.error("closing took too long; leaving anyway");
        process.exit(1);
      }, drain + CLOSING_MARGIN).unref();
      running.close().then(
        () => resolve(code),
        (err: unknown) => {
          log.error({ err }, "closing failed");
          resolve(1);
        },
      );
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(128 + constants.signals[signal]);
        log.info({ signal, connections: running.hub.status().connections }, "closing");
        stop(0);
      });
    }
    for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(fault, (err: unknown) => {
        log.fatal({ err }, "the hub has a fault and stops");
        if (stopping) process.exit(1);
        stop(1);
      });
    }
    void running.lost.then((err) => {
      log.fatal({ err }, "the history is lost to this process, which stops: a new one finds all that was acknowledged");
      if (!stopping) stop(1);
    });
    running.hub.ready.catch((error: unknown) => {
      const code = exitCodeOf(error);
      if (code === undefined || stopping) return;
      process.stderr.write(`tidings: ${(error as Error).message}\n`);
      stop(code);
    });
  });
}

function exitCodeOf(error: unknown): number | undefined {
  return EXIT_CODES[(error as { code: ErrorCode }).code];
}

function describeStart(url: string, config: HubConfig): string {
  const history =
    config.memory === true ? "history in memory, gone when it stops" : `history in ${config.data ?? DEFAULTS.data}`;
  const { jwtSecret, jwtPublicKey, jwksUrl } = config;
  const hasKeys = [jwtSecret, jwtPublicKey, jwksUrl].some((key) => key !== undefined);
  const header = hasKeys ? '-H "Authorization: Bearer $TOKEN" ' : "";
  return `
  Tidings is listening on ${url}   (${history})

  page      ${url}/${hasKeys ? "\n  token     TOKEN=$(npx tidings token --subscribe hello --publish hello)" : ""}
  listen    curl -N ${header}'${url}/events?topic=hello'
  publish   curl ${header}-d 'Hello, world' ${url}/topics/hello

`;
}

function describeStartFailure(error: unknown, config: HubConfig): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const { port, host } = { ...DEFAULTS, ...config };
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is taken, perhaps by another hub. Choose one with --port, or --port 0 for a free one.`;
    case "EACCES":
      return `Port ${port} of ${host} may not be used by this user. Choose one above 1023 with --port.`;
    case "EADDRNOTAVAIL":
      return `This machine has no address ${host}. Choose another with --host.`;
    default:
      return message;
  }
}
