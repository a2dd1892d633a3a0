import { parseModule } from "./parse.mjs";
import { read, sources } from "./tree.mjs";

/**
 * @typedef {object} GlobalRule
 * @property {RegExp} names the globals it governs, as dotted names
 * @property {RegExp} files the sources it governs
 * @property {Record<string, string>} except the sources that may use them all the same, each with its reason
 * @property {string} because
 */

/**
 * Globals that have one owner.
 *
 * @type {GlobalRule[]}
 */
export const GLOBAL_RULES = [
  {
    names: /^(setTimeout|setInterval|setImmediate|AbortSignal\.timeout)$/,
    files: /^packages\/server\/src\//,
    except: {
      "packages/server/src/hub/timers.ts": "owns the timers of the engine",
      "packages/server/src/stores/memory.ts":
        "lets a turn of the loop pass between the steps of a trim, and nothing more",
      "packages/server/src/stores/sqlite/link.ts": "sends what one turn of the loop asked for as one message",
      "packages/server/src/stores/sqlite/open.ts":
        "asks again for a lock that another process holds, until told to stop",
      "packages/server/src/transports/take-socket.ts":
        "closes node:http's parser once it is off the stack, and nothing more",
    },
    because: "every timer is created and cleared in one file, so that none outlives its connection",
  },
  {
    names: /^(set|clear)(Timeout|Interval)$|^(request|cancel)AnimationFrame$|^queueMicrotask$|^fetch$|^EventSource$/,
    files: /^packages\/react\/src\//,
    except: {},
    because: "hooks hold no timer and no connection; the stores of @tidings/client do, for any framework",
  },
  {
    names: /^process\.(env|argv|stdin|stdout|exit|exitCode|on|once|cwd)$/,
    files: /^packages\/(?!hub\/)[^/]+\/src\//,
    except: {},
    because: "a library takes options; only the hub reads the environment, arguments and standard streams",
  },
  {
    names: /^console\./,
    files: /^packages\/(?!hub\/)[^/]+\/src\//,
    except: {},
    because: "a library never logs; it reports to `onError` or an observer",
  },
];

/** Gate: timers, the process and the console are used by their owners only. @type {import("../check.mjs").Gate} */
export const globals = () => {
  const paths = sources();
  const problems = paths.flatMap((path) => foreignGlobals(path, read(path)));
  return { checked: `${paths.length} sources against ${GLOBAL_RULES.length} rules`, problems };
};

/**
 * The uses of globals in one source that belong to another.
 *
 * @param {string} path from the repository's root
 * @param {string} code
 * @param {GlobalRule[]} [rules]
 * @returns {string[]}
 */
export function foreignGlobals(path, code, rules = GLOBAL_RULES) {
  const applying = rules.filter(({ files, except }) => files.test(path) && !Object.hasOwn(except, path));
  if (applying.length === 0) return [];
  const problems = parseModule(path, code).references.flatMap(({ name, line }) =>
    applying
      .filter(({ names }) => names.test(name))
      .map(({ because }) => `${path}:${line}: may not use ${name}: ${because}`),
  );
  return [...new Set(problems)];
}
