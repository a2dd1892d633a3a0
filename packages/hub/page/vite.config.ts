import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const HUB = "http://127.0.0.1:4400";
const API = ["/events", "/topics", "/connections", "/stats", "/access", "/tokens", "/presence"];

// Relative addresses, so that the page works behind a path prefix; no inlined assets and no inline polyfill, so that it
// works under `default-src 'self'`.
export default defineConfig({
  base: "./",
  plugins: [react(), compressed()],
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // As far back as `light-dark()` reaches.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What `/` loads before anything is clicked is read from it by a gate.
    manifest: true,
  },
  // `npx vite packages/hub/page` beside a running hub.
  server: { proxy: Object.fromEntries(API.map((path) => [path, HUB])) },
});

/** Each script and style also as the hub sends it to a browser that takes gzip: a third of its size. */
function compressed(): Plugin {
  return {
    name: "compressed",
    // As they were written: Vite itself changes them until then.
    writeBundle({ dir = "" }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        if (!/\.(js|css)$/.test(fileName)) continue;
        const file = join(dir, fileName);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}
