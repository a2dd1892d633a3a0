import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** The versions of React that the suites run on. */
export const REACTS = ["18", "19"] as const;
export type ReactVersion = (typeof REACTS)[number];

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Where a version of React is. */
export function reactFolder(react: ReactVersion): string {
  return react === "18" ? `${ROOT}tests/react-18/node_modules` : `${ROOT}node_modules`;
}

const bundles = new Map<string, Promise<string>>();

/** `pages/<name>.tsx` as a script for a browser, with everything it needs; React in its development build. */
export function bundle(name: string, react: ReactVersion): Promise<string> {
  const key = `${name} ${react}`;
  const known = bundles.get(key) ?? make(name, react, { format: "iife", platform: "browser" });
  bundles.set(key, known);
  return known;
}

/** `pages/<name>.tsx` as a module in this process, with this React. */
export async function load<Module>(name: string, react: ReactVersion): Promise<Module> {
  // React's server build is CommonJS, and asks Node for its streams.
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
  const code = await make(name, react, { format: "esm", platform: "node", banner });
  const folder = await mkdtemp(join(tmpdir(), "tidings-react-"));
  const file = join(folder, "page.mjs");
  try {
    await writeFile(file, code);
    return (await import(pathToFileURL(file).href)) as Module;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function make(name: string, react: ReactVersion, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [fileURLToPath(new URL(`../pages/${name}.tsx`, import.meta.url))],
    bundle: true,
    write: false,
    target: "es2022",
    jsx: "automatic",
    alias: {
      react: `${reactFolder(react)}/react`,
      "react-dom": `${reactFolder(react)}/react-dom`,
    },
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "silent",
  });
  return outputFiles?.[0]?.text ?? "";
}
