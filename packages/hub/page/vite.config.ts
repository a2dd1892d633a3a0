import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const HUB = "http://127.0.0.1:4400";
const API = ["/events", "/topics", "/connections", "/stats", "/access", "/tokens", "/presence"];

// Relative addresses, so that the page works behind a path prefix; no inlined assets and no inline polyfill, so that it
// works under `default-src 'self'`.
export default defineConfig({
  base: "./",
  plugins: [react()],
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
