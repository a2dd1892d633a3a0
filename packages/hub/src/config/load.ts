import { readFileSync } from "node:fs";
import { isRecord } from "./kinds.ts";
import { suggest, toFlag, toVariable } from "./names.ts";
import { type HubConfig, OPTIONS, type OptionSpec } from "./options.ts";
import { readJsonSetting, readSetting } from "./read-setting.ts";
import { UsageError } from "./usage-error.ts";

/** What a command line said, by the key of each setting. */
export type Given = Readonly<Record<string, unknown>>;

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that belong to other commands than `serve`. */
const OTHER_VARIABLES = ["TIDINGS_CONFIG", "TIDINGS_URL", "TIDINGS_TOKEN", "TIDINGS_JWT_PRIVATE_KEY"];

/**
 * What Kubernetes puts into the environment of every pod beside a service named "tidings": TIDINGS_SERVICE_HOST,
 * TIDINGS_PORT_4400_TCP, and TIDINGS_PORT=tcp://10.0.0.7:4400. None of it is meant for us.
 */
const KUBERNETES = { name: /^TIDINGS_(SERVICE|PORT)_/, port: /^(tcp|udp|sctp):\/\// };

/**
 * The configuration from flags, else `TIDINGS_*` variables, else the `--config` file. What none of them says is absent.
 * Each value is checked, also one that another overrides.
 *
 * @throws UsageError naming the flag, variable or key at fault and what is allowed
 */
export function loadConfig(flags: Given, environment: Environment): HubConfig {
  const { config: file = environment.TIDINGS_CONFIG, ...given } = flags;
  const layers = [
    ...(typeof file === "string" ? [fromFile(file)] : []),
    fromEnvironment(environment),
    check(given, toFlag),
  ];
  return Object.assign({}, ...layers.map((layer, at) => withoutStore(layer, layers.slice(at + 1))));
}

/** `data` and `memory` are one choice: where a stronger layer makes it, a weaker one has no say. */
function withoutStore(layer: HubConfig, stronger: readonly HubConfig[]): HubConfig {
  const { data, memory, ...rest } = layer;
  return stronger.some((other) => other.data !== undefined || other.memory === true) ? rest : layer;
}

function fromFile(path: string): HubConfig {
  const label = (key: string): string => `"${key}" in ${path}`;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`The configuration file ${path} cannot be read: ${(error as Error).message}`);
  }
  if (!isRecord(content)) throw new UsageError(`The configuration file ${path} must hold one JSON object.`);
  const { $schema, ...settings } = content;
  // For editors, which show what may stand here. Nobody else looks.
  if ($schema !== undefined && typeof $schema !== "string")
    throw new UsageError(`${label("$schema")} must be the address of a schema.`);
  const known = Object.keys(OPTIONS);
  const unknown = Object.keys(settings).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const hint = suggest(unknown, known) || ` Known are ${known.join(", ")}.`;
    throw new UsageError(`${label(unknown)} is not a setting.${hint}`);
  }
  return check(settings, label, readJsonSetting);
}

function fromEnvironment(environment: Environment): HubConfig {
  const keys = new Map(
    Object.entries<OptionSpec<unknown>>(OPTIONS)
      .filter(([, option]) => !option.fileOnly)
      .map(([key]) => [toVariable(key), key]),
  );
  const known = [...keys.keys(), ...OTHER_VARIABLES];
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("TIDINGS_") || KUBERNETES.name.test(name) || value === undefined) continue;
    const key = keys.get(name);
    if (key === "port" && KUBERNETES.port.test(value)) continue;
    if (key !== undefined) given[key] = value;
    else if (!known.includes(name)) {
      const hint = suggest(name, known) || ` Known are ${known.join(", ")}.`;
      throw new UsageError(`${name} is not a setting.${hint}`);
    }
  }
  return check(given, toVariable);
}

/** The values of one layer, each as what its kind makes of it. */
function check(given: Given, label: (key: string) => string, read = readSetting): HubConfig {
  const values = Object.entries(given).map(([key, value]) => {
    const { kind } = OPTIONS[key as keyof HubConfig] as OptionSpec<unknown>;
    return [key, read(kind, value, label(key))] as const;
  });
  const config: HubConfig = Object.fromEntries(values);
  if (config.data !== undefined && config.memory === true) {
    throw new UsageError(`${label("data")} and ${label("memory")} exclude each other: give one.`);
  }
  return config;
}
