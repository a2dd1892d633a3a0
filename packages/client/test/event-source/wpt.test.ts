import { afterAll, beforeAll } from "vitest";
import { describeColumns, IN_NODE } from "./support/columns.ts";
import { runInNode } from "./support/node.ts";
import { type ResourceServer, startResourceServer } from "./support/server.ts";

let server: ResourceServer;

beforeAll(async () => {
  server = await startResourceServer();
});
afterAll(() => server.close());

describeColumns("Node", IN_NODE, (cells) =>
  runInNode(
    server.port,
    cells.map(({ subtest }) => subtest),
  ),
);
