import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import { TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";

const ROOT = fileURLToPath(new URL("../page", import.meta.url));
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  // The guard's, and that of what is there in two encodings.
  vary: "Origin, Accept-Encoding",
};

/** `/`: the page, with all that it loads. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  if (!existsSync(ROOT)) {
    app.get("/", { config: { access: "anyone" } }, async () => {
      throw new TidingsError("not_found", "The page has not been built. Run npm run build, then start the hub again.");
    });
    return;
  }
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "anyone" };
    });
    await scope.register(fastifyStatic, {
      root: ROOT,
      // One route per file, so that every other path gets the hub's own 404.
      wildcard: false,
      // What the build says of itself, and what stands in for another file.
      globIgnore: [".vite/**", "**/*.gz"],
      preCompressed: true,
      cacheControl: false,
      setHeaders(response, path) {
        for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
        // The names of the assets carry a hash of their content; those of the entry do not.
        const immutable = /[/\\]assets[/\\]/.test(path);
        response.setHeader("cache-control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  });
}
