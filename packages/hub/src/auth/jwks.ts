import { TidingsError } from "@tidings/server";
import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWSHeaderParameters } from "jose";

/** The keys of an identity provider, kept at hand. */
export interface RemoteKeys {
  /**
   * The key that a token names; undefined if there is none.
   *
   * @throws TidingsError `keys_unavailable` if the provider does not tell
   */
  find(header: JWSHeaderParameters): Promise<CryptoKey | undefined>;
}

/** Bounds, in milliseconds. */
export interface RemoteKeysOptions {
  /** What one request may take. Default 5,000. */
  readonly timeout?: number;
  /** The age at which keys are fetched anew, beside what goes on. Default 10 minutes. */
  readonly maxAge?: number;
  /** The age up to which keys serve while the provider does not answer. Default 1 hour. */
  readonly maxStale?: number;
  /** The least time between two requests because of a key that is not known, and after one that failed. Default 30 s, 5 s. */
  readonly cooldown?: { readonly unknown: number; readonly failed: number };
  readonly now?: () => number;
  /** Told of each outage once. */
  readonly onError: (error: unknown) => void;
}

const MAX_BYTES = 2 ** 20;

/**
 * Fetches a JSON Web Key Set (RFC 7517 §5) when it is needed, and never oftener than it must: whoever sends made-up tokens can
 * neither flood the provider nor make anybody wait longer than one request.
 */
export function createRemoteKeys(url: string, options: RemoteKeysOptions): RemoteKeys {
  const { timeout = 5000, maxAge = 600_000, maxStale = 3_600_000, now = Date.now, onError } = options;
  const { cooldown = { unknown: 30_000, failed: 5000 } } = options;
  let keys: { readonly find: ReturnType<typeof createLocalJWKSet>; readonly since: number } | undefined;
  let failedAt: number | undefined;
  let pending: Promise<void> | undefined;

  /** Settles when there is an answer, or none is to be had. Never rejects. */
  function refresh(): Promise<void> {
    if (failedAt !== undefined && now() - failedAt < cooldown.failed) return Promise.resolve();
    pending ??= fetchKeys(url, timeout)
      .then((set) => {
        keys = { find: createLocalJWKSet(set), since: now() };
        failedAt = undefined;
      })
      .catch((error: unknown) => {
        if (failedAt === undefined) onError(error);
        failedAt = now();
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  const age = (): number => (keys === undefined ? Number.POSITIVE_INFINITY : now() - keys.since);

  async function lookUp(header: JWSHeaderParameters): Promise<CryptoKey | undefined> {
    try {
      return await keys?.find(header);
    } catch {
      // No key has this name, or several have, or what has it is no key.
      return undefined;
    }
  }

  return {
    async find(header) {
      if (age() > maxStale) await refresh();
      else if (age() > maxAge) void refresh();
      if (age() > maxStale) throw unavailable(cooldown.failed);
      const known = await lookUp(header);
      if (known !== undefined || age() < cooldown.unknown) return known;
      // A new key, perhaps.
      await refresh();
      const found = await lookUp(header);
      if (found === undefined && failedAt !== undefined) throw unavailable(cooldown.failed);
      return found;
    },
  };
}

async function fetchKeys(url: string, timeout: number): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    redirect: "error",
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${nameOf(url)} answered ${response.status} instead of a JSON Web Key Set.`);
  }
  return JSON.parse(Buffer.concat(await readWhole(response, signal)).toString("utf8")) as JSONWebKeySet;
}

/** The body, of at most {@link MAX_BYTES}, until the signal aborts. */
async function readWhole(response: Response, signal: AbortSignal): Promise<Uint8Array[]> {
  const reader = response.body?.getReader();
  // Not left to `fetch`: in Node 20 it heeds its signal only until the garbage collector has taken its request.
  const cut = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener("abort", cut);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const read = await reader?.read();
      signal.throwIfAborted();
      if (!read?.value) return chunks;
      bytes += read.value.length;
      if (bytes > MAX_BYTES) throw new Error(`${nameOf(response.url)} answered with more than ${MAX_BYTES} bytes.`);
      chunks.push(read.value);
    }
  } finally {
    signal.removeEventListener("abort", cut);
    cut();
  }
}

/** An address as logs may have it: what is behind the `?` may be a secret. */
export function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function unavailable(cooldown: number): TidingsError {
  return new TidingsError(
    "keys_unavailable",
    "The keys that verify tokens cannot be fetched; the hub's log says why. Try again soon.",
    { retryAfter: Math.ceil(cooldown / 1000) },
  );
}
