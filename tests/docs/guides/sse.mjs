import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
// #region sse
import { sse } from "@tidings/server/node";

const server = createServer((request, response) =>
  sse(request, response, async function* ({ signal }) {
    for (let count = 3; count > 0; count--) {
      yield { event: "countdown", data: { count } };
      await setTimeout(100, undefined, { signal });
    }
    yield "lift-off";
  }),
);
// #endregion sse

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
