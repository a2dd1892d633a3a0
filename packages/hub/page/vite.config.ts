import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const HUB = "http://127.0.0.1:4400";

// Relative addresses, so that the page works behind a path prefix; no inlined assets and no inline polyfill, so that it
// works under `default-src 'self'`.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npx vite packages/hub/page` beside a running hub.
  server: { proxy: { "/events": HUB, "/topics": HUB, "/healthz": HUB } },
});
