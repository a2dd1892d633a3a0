import { TidingsError } from "@tidings/server";
import { type Key, readKeys, readPrivateKey } from "../auth/keys.ts";
import { createMint, grantsNothing, TOKEN_KINDS, type TokenRequest } from "../auth/mint.ts";
import { keyId, privateKey } from "../config/key-kinds.ts";
import { text, unbounded } from "../config/kinds.ts";
import { loadConfig } from "../config/load.ts";
import { toVariable } from "../config/names.ts";
import { type HubConfig, OPTIONS, type OptionSpec } from "../config/options.ts";
import { readSetting } from "../config/read-setting.ts";
import { UsageError } from "../config/usage-error.ts";
import { type Arguments, parseArguments, readFlag } from "./arguments.ts";
import type { Command } from "./command.ts";

const LIFETIME = 3_600_000;
const NO_KEY = "There is no key to sign with: set TIDINGS_JWT_SECRET, or give --jwt-private-key.";

const TOKEN_OPTIONS = {
  subscribe: { kind: TOKEN_KINDS.subscribe, help: "Topic or pattern it may listen to (repeatable)" },
  publish: { kind: TOKEN_KINDS.publish, help: "Topic or pattern it may publish to (repeatable)" },
  presence: { kind: TOKEN_KINDS.presence, help: "Topic or pattern it may ask who listens to (repeatable)" },
  metrics: { kind: TOKEN_KINDS.metrics, help: "It may read metrics" },
  admin: { kind: TOKEN_KINDS.admin, help: "It may do everything" },
  subject: { kind: TOKEN_KINDS.subject, help: "Whom it is for" },
  expires: { kind: unbounded(TOKEN_KINDS.expires), default: "1h", help: "After what time it expires; none for never" },
  jwtSecret: OPTIONS.jwtSecret,
  jwtPrivateKey: {
    kind: privateKey,
    help: "Key that signs it instead of a secret; also TIDINGS_JWT_PRIVATE_KEY",
  },
  jwtKid: {
    kind: keyId,
    help: "Name of the key, as in the key set that the hub reads; default that of a JSON Web Key",
  },
  jwtAlg: { ...OPTIONS.jwtAlg, help: "Algorithm to sign with, of those that fit the key" },
  jwtAudience: { ...OPTIONS.jwtAudience, help: "Its audience" },
  jwtIssuer: { ...OPTIONS.jwtIssuer, help: "Its issuer" },
  config: { kind: text("<file>", "the name of a file"), help: "Configuration of the hub, as for tidings serve" },
} as const satisfies Record<string, OptionSpec<unknown>>;

/** `tidings token`: mints one that a hub with the same settings takes. */
export const token: Command = {
  usage: "token [options]",
  summary: "print a token, signed with the hub's secret or a private key",
  options: TOKEN_OPTIONS,
  notes: `The secret, algorithm, audience and issuer may also come as variables and from the --config file, as for tidings serve:
  TIDINGS_JWT_SECRET=... tidings token --subscribe 'orders/**' --subject ada --expires 15m`,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, TOKEN_OPTIONS);
    if (positionals.length > 0)
      throw new UsageError(
        `tidings token takes no argument, but got "${positionals[0]}". Say --subscribe or --publish.`,
      );
    const wish = readWish(flags);
    if (grantsNothing(wish))
      throw new UsageError("Say what the token is for: --subscribe, --publish, --presence, --metrics or --admin.");
    const { subscribe, publish, presence, metrics, admin, subject, expires, jwtPrivateKey, jwtKid, ...ofHub } = flags;
    const config = loadConfig(ofHub, process.env);
    const key = findKey(flags, config);
    const kid = readFlag(flags, "jwtKid", TOKEN_OPTIONS.jwtKid.kind) ?? key.kid;
    process.stdout.write(`${await createMint({ ...key, kid }, config)(wish)}\n`);
    return 0;
  },
};

function readWish(flags: Arguments["flags"]): TokenRequest {
  const lifetime = readFlag(flags, "expires", TOKEN_OPTIONS.expires.kind) ?? LIFETIME;
  const wish = {
    subscribe: readFlag(flags, "subscribe", TOKEN_KINDS.subscribe),
    publish: readFlag(flags, "publish", TOKEN_KINDS.publish),
    presence: readFlag(flags, "presence", TOKEN_KINDS.presence),
    metrics: readFlag(flags, "metrics", TOKEN_KINDS.metrics),
    admin: readFlag(flags, "admin", TOKEN_KINDS.admin),
    subject: readFlag(flags, "subject", TOKEN_KINDS.subject),
    expires: lifetime === Number.POSITIVE_INFINITY ? undefined : Date.now() + lifetime,
  };
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
}

/** @throws UsageError if there is none, or one that cannot sign */
function findKey(flags: Arguments["flags"], config: HubConfig): Key {
  const variable = toVariable("jwtPrivateKey");
  // A flag goes before a variable, also one of another kind of key.
  const fromEnvironment = flags.jwtSecret === undefined ? process.env[variable] : undefined;
  const { kind } = TOKEN_OPTIONS.jwtPrivateKey;
  const keyOrFile =
    readFlag(flags, "jwtPrivateKey", kind) ??
    (fromEnvironment === undefined ? undefined : readSetting(kind, fromEnvironment, variable));
  try {
    if (keyOrFile !== undefined) return readPrivateKey(keyOrFile, config.jwtAlg);
    const { jwtPublicKey, ...secretsOnly } = config;
    const [key] = readKeys(secretsOnly);
    if (key !== undefined) return key;
  } catch (error) {
    if (error instanceof TidingsError) throw new UsageError(error.message);
    throw error;
  }
  throw new UsageError(NO_KEY);
}
