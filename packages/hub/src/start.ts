import { type AddressInfo, Server } from "node:net";
import { createHub, type Hub, type HubOptions, memory, TidingsError } from "@tidings/server";
import { sqlite } from "@tidings/server/sqlite";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { createAuthenticator } from "./auth/authenticator.ts";
import { DEFAULTS, type HubConfig, OPTIONS, type Settings } from "./config/options.ts";
import { createApp } from "./http/app.ts";
import { createMeter, type Meter } from "./metrics/meter.ts";
import { createRegistry } from "./metrics/registry.ts";
import { createFileSize } from "./stats/file-size.ts";
import { createStatsReader } from "./stats/stats.ts";
import { createStatsTicker, type StatsTicker } from "./stats/ticker.ts";

/** A hub that answers HTTP. */
export interface RunningHub {
  /** Where it listens, without a slash at the end: `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly port: number;
  /** The engine, for publishing from within the process. */
  readonly hub: Hub;
  /** Settles if the history is lost to this process: only a new one can go on with it. */
  readonly lost: Promise<TidingsError>;
  /**
   * Accepts nothing more, tells every reader, waits for them at most the configured `drain` and closes the store. Always
   * settles, and may be called again.
   */
  close(): Promise<void>;
}

/** How long a store may take to open before the log says that it is waited for, in milliseconds. */
const OPENING_IS_SLOW = 1000;
/** How long requests that are being answered may take when the hub has closed, in milliseconds. */
const LAST_ANSWERS = 250;

/**
 * Starts a hub. Settles as soon as it listens, which may be before its store is open (`hub.ready`): another hub may still have
 * the file, and until then `/readyz` and every publication answer 503.
 *
 * @param log Default: silent.
 * @throws TidingsError `invalid_option`; the error of `listen` if the port is taken or not allowed
 */
export async function startHub(
  config: HubConfig = {},
  { log = pino({ level: "silent" }) }: { log?: Logger } = {},
): Promise<RunningHub> {
  const settings: Settings = { ...DEFAULTS, ...config };
  if (OPTIONS.host.kind.parse(settings.host) === undefined) {
    throw new TidingsError("invalid_option", `host must be ${OPTIONS.host.kind.allowed}.`, { field: "host" });
  }
  const auth = createAuthenticator(settings, log);
  const meter = createMeter();
  let loss: TidingsError | undefined;
  let tellLoss: (error: TidingsError) => void = () => {};
  const lost = new Promise<TidingsError>((resolve) => {
    tellLoss = resolve;
  });
  const hub = createHub(
    toHubOptions(settings, meter, log, (err) => {
      log.error({ err }, "something failed in the background");
      if (!(err instanceof TidingsError && err.code === "store_lost")) return;
      loss = err;
      tellLoss(err);
    }),
  );
  watchOpening(hub, log);
  const fileSize = createFileSize(settings.memory ? undefined : settings.data);
  const metrics = createRegistry(hub, meter, fileSize);
  const stats = createStatsTicker(createStatsReader(hub, meter, fileSize));
  const app = await createApp({ hub, auth, settings, meter, metrics, stats, findLoss: () => loss, log });
  try {
    await app.listen({ port: settings.port, host: settings.host });
  } catch (error) {
    stats.close();
    await Promise.allSettled([app.close(), hub.close({ drain: 0 })]);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    hub,
    lost,
    close: () => {
      closed ??= close(app, hub, stats, settings.drain);
      return closed;
    },
  };
}

function toHubOptions(settings: Settings, meter: Meter, log: Logger, onError: (error: unknown) => void): HubOptions {
  const { maxAge, maxCount, maxBytes, maxTotalBytes, retention: topics } = settings;
  const { maxConnections, maxTopicsPerConnection, maxEventBytes, maxBufferedBytes } = settings;
  const { maxConnectionsPerSubject, maxConnectionsPerAddress, maxTotalBufferedBytes } = settings;
  const { heartbeat, retry, slowConsumer, compression } = settings;
  return {
    store: settings.memory ? memory() : sqlite(settings.data),
    retention: given({ maxAge, maxCount, maxBytes, maxTotalBytes, topics }),
    limits: given({
      connections: maxConnections,
      connectionsPerSubject: maxConnectionsPerSubject,
      connectionsPerAddress: maxConnectionsPerAddress,
      topicsPerConnection: maxTopicsPerConnection,
      eventBytes: maxEventBytes,
      bufferedBytes: maxBufferedBytes,
      totalBufferedBytes: maxTotalBufferedBytes,
    }),
    ...given({ heartbeat, retry, slowConsumer, compression }),
    observer: meter.observer,
    onDisconnected: ({ id }, reason) => {
      meter.disconnected(reason);
      log.debug({ connection: id, reason }, "a reader left");
    },
    onError,
  };
}

/** What is not `undefined`: the engine's defaults hold for the rest. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}

function watchOpening(hub: Hub, log: Logger): void {
  let isSlow = false;
  const slow = setTimeout(() => {
    isSlow = true;
    log.warn("the history is not open yet: another hub still has it, or the disk is slow; waiting");
  }, OPENING_IS_SLOW);
  hub.ready
    .then(
      // What is as it should be is no news, to whoever has just started it in a terminal.
      () => log[isSlow ? "info" : "debug"]({ store: hub.status().store }, "the history is open"),
      (err: unknown) => {
        if (!(err instanceof TidingsError && err.code === "hub_closed"))
          log.error({ err }, "the history cannot be opened");
      },
    )
    .finally(() => clearTimeout(slow));
}

async function close(app: FastifyInstance, hub: Hub, stats: StatsTicker, drain: number): Promise<void> {
  // The listener alone. What node:http and the framework call closing cuts idle connections too, and with them each request
  // that is on its way on one: its publisher would not know whether it is stored.
  const stopped = new Promise<void>((resolve) => Server.prototype.close.call(app.server, () => resolve()));
  stats.close();
  await hub.close({ drain });
  app.server.closeIdleConnections();
  const force = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS);
  await stopped.finally(() => clearTimeout(force));
  await app.close();
}
