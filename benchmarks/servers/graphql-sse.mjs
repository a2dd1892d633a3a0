// graphql-sse as its documentation shows it, "distinct connections": a subscription for each reader, fed by an emitter.
import { EventEmitter, on } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const { GraphQLObjectType, GraphQLSchema, GraphQLString } = require("graphql");
const { createHandler } = require("graphql-sse/lib/use/http");

const events = new EventEmitter().setMaxListeners(0);

const field = {
  type: GraphQLString,
  resolve: (event) => event.bench,
  subscribe: async function* () {
    for await (const [bench] of on(events, "bench")) yield { bench };
  },
};
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { bench: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({ name: "Subscription", fields: { bench: field } }),
});
const handler = createHandler({ schema });
const QUERY = `/?query=${encodeURIComponent("subscription { bench }")}`;

createServer((request, response) => {
  if (request.method === "GET") {
    request.url = QUERY;
    void handler(request, response);
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    events.emit("bench", body);
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);
