import { toHistoryCurl, toListenCurl, toPublishCurl } from "./curl.ts";
import { isPattern, toTopicQuery } from "./topics.ts";

/** What code is written for. */
export interface SnippetContext {
  /** The hub's address, ending in `/`. */
  readonly root: string;
  /** A topic or pattern. */
  readonly name: string;
  /** Undefined for a hub without keys. */
  readonly token: string | undefined;
}

/** Code that works as it stands. */
export interface Snippet {
  readonly title: string;
  readonly code: string;
}

/** Code for one language or framework. */
export interface Recipe {
  readonly id: string;
  readonly label: string;
  /** What to install; undefined: nothing. */
  readonly install?: string;
  readonly hint: string;
  readonly snippets: readonly Snippet[];
}

/** All recipes, those for readers before those for servers. */
export function toRecipes(context: SnippetContext): readonly Recipe[] {
  return [curl(context), eventSource(context), react(context), client(context), ...SERVERS.map((to) => to(context))];
}

function curl({ root, name, token }: SnippetContext): Recipe {
  const topic = isPattern(name) ? "orders/42" : name;
  const draft = { topic, event: "", data: '{"total":9}' };
  return {
    id: "curl",
    label: "curl",
    hint: "Listen in one terminal, publish in another.",
    snippets: [
      { title: "Listen", code: toListenCurl(root, name, token) },
      { title: "Publish", code: toPublishCurl(root, draft, token) },
      { title: "Read the history", code: toHistoryCurl(root, topic, token) },
    ],
  };
}

function eventSource({ root, name, token }: SnippetContext): Recipe {
  const url = quote(`${root}events?topic=${toTopicQuery(name)}`);
  const listen = `source.onmessage = ({ data, lastEventId }) => console.log(lastEventId, data);
// Events with a name have a listener each.
source.addEventListener("placed", ({ data }) => console.log("placed", data));`;
  if (token === undefined) {
    return {
      id: "event-source",
      label: "EventSource",
      hint: "Built into browsers: nothing to install. It comes back by itself, and goes on where it was.",
      snippets: [{ title: "In a browser", code: `const source = new EventSource(${url});\n${listen}` }],
    };
  }
  return {
    id: "event-source",
    label: "EventSource",
    install: "npm install @tidings/client",
    hint: "The browser’s own EventSource sends no headers, so no token. This one does, and is the same otherwise.",
    snippets: [
      {
        title: "In a browser, or in Node",
        code: `import { EventSource } from "@tidings/client/eventsource";

const source = new EventSource(${url}, {
  headers: { authorization: ${quote(`Bearer ${token}`)} },
});
${listen}`,
      },
    ],
  };
}

function react({ root, name, token }: SnippetContext): Recipe {
  const headers = token === undefined ? "" : ` headers={{ authorization: ${quote(`Bearer ${token}`)} }}`;
  return {
    id: "react",
    label: "React",
    install: "npm install @tidings/react @tidings/client",
    hint: "One connection for all components, however many there are.",
    snippets: [
      {
        title: "App.tsx",
        code: `import { TidingsProvider, useTopic } from "@tidings/react";

function Events() {
  const events = useTopic(${quote(name)}, { last: 10 });
  return (
    <ul>
      {events.map(({ id, data }) => (
        <li key={id}>{JSON.stringify(data)}</li>
      ))}
    </ul>
  );
}

export function App() {
  return (
    <TidingsProvider url=${quote(`${root}events`)}${headers}>
      <Events />
    </TidingsProvider>
  );
}`,
      },
    ],
  };
}

function client({ root, name, token }: SnippetContext): Recipe {
  return {
    id: "client",
    label: "JavaScript",
    install: "npm install @tidings/client",
    hint: "In browsers, workers and Node. It knows gaps, heartbeats and fresh tokens.",
    snippets: [
      {
        title: "listen.mjs",
        code: `import { connect } from "@tidings/client";

const stream = connect(${quote(`${root}events`)}, {
  topics: [${quote(name)}],
  last: 10,${toHeaders(token)}
});
stream.on("gap", ({ reason }) => console.log("something was missed:", reason));

for await (const { topic, event, data } of stream) {
  console.log(topic, event, data);
}`,
      },
    ],
  };
}

/** An own server that hands this hub's events to its own readers: they know nothing of this hub, and need no token of it. */
function server(
  id: string,
  label: string,
  packages: string,
  { imports, routes }: { imports: string; routes: (topics: string) => string },
): (context: SnippetContext) => Recipe {
  return ({ root, name, token }) => ({
    id,
    label,
    install: `npm install @tidings/server @tidings/client ${packages}`.trim(),
    hint: "A hub in your own server: it hands on what this hub has, to readers that your own rules let in.",
    snippets: [
      {
        title: "server.mjs",
        code: `${imports}
import { connect } from "@tidings/client";
import { createHub } from "@tidings/server";

const hub = createHub();
${routes(`{ topics: [${quote(name)}] }`)}

const upstream = connect(${quote(`${root}events`)}, {
  topics: [${quote(name)}],${toHeaders(token)}
});
upstream.on("event", ({ topic, event, data }) => hub.publish(topic, data, { event }));`,
      },
      { title: "Listen to it", code: "curl -N http://127.0.0.1:3000/events" },
    ],
  });
}

const SERVERS = [
  server("node", "node:http", "", {
    imports: `import { createServer } from "node:http";
import { nodeHandler } from "@tidings/server/node";`,
    routes: (topics) => `createServer(nodeHandler(hub, ${topics})).listen(3000);`,
  }),
  server("express", "Express", "express", {
    imports: `import express from "express";
import { expressHandler } from "@tidings/server/express";`,
    routes: (topics) => `const app = express();
app.get("/events", expressHandler(hub, ${topics}));
app.listen(3000);`,
  }),
  server("fastify", "Fastify", "fastify", {
    imports: `import fastify from "fastify";
import { fastifyHandler } from "@tidings/server/fastify";`,
    routes: (topics) => `const app = fastify();
app.get("/events", fastifyHandler(hub, ${topics}));
app.addHook("preClose", () => hub.close());
await app.listen({ port: 3000 });`,
  }),
  server("hono", "Hono", "hono @hono/node-server", {
    imports: `import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { honoHandler } from "@tidings/server/hono";`,
    routes: (topics) => `const app = new Hono();
app.get("/events", honoHandler(hub, ${topics}));
serve({ fetch: app.fetch, port: 3000 });`,
  }),
  server("fetch", "fetch", "", {
    imports: `import { fetchHandler } from "@tidings/server/fetch";`,
    routes: (topics) => `// A route of Next.js, or of whatever else takes a Request and gives a Response.
export const GET = fetchHandler(hub, ${topics});`,
  }),
] as const;

function toHeaders(token: string | undefined): string {
  return token === undefined ? "" : `\n  headers: { authorization: ${quote(`Bearer ${token}`)} },`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
