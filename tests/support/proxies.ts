import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testDirectory } from "../../packages/hub/test/support/cli.ts";
import { freePort, startDaemon } from "./daemon.ts";
import { startNginx } from "./nginx.ts";

/** A proxy that we ship a configuration for. */
export interface ShippedProxy {
  readonly name: string;
  /** The configuration as it is shipped. */
  readonly shipped: string;
  /** Finds each time in it after which a quiet stream is cut. */
  readonly patience: RegExp;
  /** Takes an upstream out that is not ready, and asks it by itself. */
  readonly checksHealth: boolean;
  /** Starts it with a configuration; gives the file with the certificate to trust. */
  readonly start: (configuration: string, ports: Ports) => Promise<string>;
}

/** A proxy that runs, with TLS and HTTP/2. */
export interface RunningProxy {
  readonly url: string;
  /** The file with the certificate to trust. */
  readonly ca: string;
}

/** Where it listens, and where the hubs do. */
interface Ports {
  readonly port: number;
  readonly hub: number;
  readonly standby?: number | undefined;
}

const CERTIFICATE = fixture("packages/server/test/adapters/fixtures/localhost.cert.pem");
const KEY = fixture("packages/server/test/adapters/fixtures/localhost.key.pem");

/** The proxies of `deploy/`. Only addresses, names of files and, on wish, times are changed in what is shipped. */
export const PROXIES: readonly ShippedProxy[] = [
  {
    name: "nginx",
    shipped: readFileSync(fixture("deploy/nginx.conf"), "utf8"),
    patience: /(?<=proxy_read_timeout )\w+/g,
    checksHealth: false,
    start: async (configuration, { port, hub }) => {
      const http = replaceEach(configuration, {
        "listen 443": `listen 127.0.0.1:${port}`,
        "127.0.0.1:4400": `127.0.0.1:${hub}`,
        "/etc/ssl/events.example.pem": CERTIFICATE,
        "/etc/ssl/events.example.key": KEY,
      });
      await startNginx(port, http);
      return CERTIFICATE;
    },
  },
  {
    name: "Caddy",
    shipped: readFileSync(fixture("deploy/Caddyfile"), "utf8"),
    // It has none, unless it is told to.
    patience: /(?<=\b(?:write|read_body|read_timeout|write_timeout|response_header_timeout|stream_timeout) )\w+/g,
    checksHealth: true,
    start: async (configuration, { port, hub, standby }) => {
      const directory = testDirectory();
      const file = join(directory, "Caddyfile");
      writeFileSync(
        file,
        replaceEach(configuration, {
          "{\n\tservers": `{\n\tadmin off\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n\thttps_port ${port}\n\tauto_https disable_redirects\n\tservers`,
          "\nevents.example {": "\nlocalhost {",
          "reverse_proxy 127.0.0.1:4400": `reverse_proxy 127.0.0.1:${hub}${standby === undefined ? "" : ` 127.0.0.1:${standby}`}`,
        }),
      );
      const env = { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
      await startDaemon("/usr/bin/caddy", ["run", "--adapter", "caddyfile", "--config", file], port, env);
      return join(directory, "caddy/pki/authorities/local/root.crt");
    },
  },
  {
    name: "HAProxy",
    shipped: readFileSync(fixture("deploy/haproxy.cfg"), "utf8"),
    patience: /(?<=timeout (?:client|server) )\w+/g,
    checksHealth: true,
    start: async (configuration, { port, hub, standby }) => {
      const directory = testDirectory();
      const pem = join(directory, "both.pem");
      writeFileSync(pem, readFileSync(CERTIFICATE, "utf8") + readFileSync(KEY, "utf8"));
      const file = join(directory, "haproxy.cfg");
      writeFileSync(
        file,
        replaceEach(configuration, {
          "bind :443": `bind 127.0.0.1:${port}`,
          "/etc/haproxy/events.example.pem": pem,
          "127.0.0.1:4400": `127.0.0.1:${hub}`,
          ...(standby !== undefined && { "# server standby 127.0.0.1:4401": `server standby 127.0.0.1:${standby}` }),
        }),
      );
      await startDaemon("/usr/sbin/haproxy", ["-db", "-f", file], port);
      return CERTIFICATE;
    },
  },
];

/**
 * Starts a proxy with the configuration that is shipped.
 *
 * @param scale divides each time after which it would cut a quiet stream
 */
export async function startProxy(
  proxy: ShippedProxy,
  hubs: Omit<Ports, "port">,
  { scale = 1 }: { scale?: number } = {},
): Promise<RunningProxy> {
  const port = await freePort();
  const configuration = proxy.shipped.replace(proxy.patience, (time) => `${toMilliseconds(time) / scale}ms`);
  const ca = await proxy.start(configuration, { port, ...hubs });
  return { url: `https://localhost:${port}`, ca };
}

/** Times as all three write them. */
export function toMilliseconds(time: string): number {
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(time) ?? [];
  return Number(number) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? ""] ?? Number.NaN);
}

/** Each must be there, once: a test of a file that is not the shipped one tests nothing. */
function replaceEach(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((sum, [from, to]) => {
    const [before, after, ...rest] = sum.split(from);
    if (after === undefined || rest.length > 0) throw new Error(`"${from}" is to be there once in:\n${sum}`);
    return `${before}${to}${after}`;
  }, text);
}

function fixture(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
