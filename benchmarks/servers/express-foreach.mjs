// What every tutorial shows: Express, an array of responses, and a forEach.
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const express = require("express");

const app = express();
let responses = [];
let id = 0;

app.get("/events", (request, response) => {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    Connection: "keep-alive",
  });
  response.flushHeaders();
  responses.push(response);
  request.on("close", () => {
    responses = responses.filter((other) => other !== response);
  });
});

app.post("/topics/bench", express.text(), (request, response) => {
  id++;
  for (const each of responses) each.write(`id: ${id}\ndata: ${request.body}\n\n`);
  response.status(201).end();
});

app.listen(Number(process.argv[2]), "127.0.0.1", 4096);
