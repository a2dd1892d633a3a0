// The physical limit: node:http for the requests, and a loop of `socket.write` over bare sockets. No history, no resume,
// no bound, no order of its own: what is left when everything is left out.
import { createServer } from "node:http";

/** @type {Map<string, Set<import("node:stream").Duplex>>} the sockets of each topic */
const topics = new Map();
let id = 0;

createServer((request, response) => {
  const { url = "" } = request;
  if (request.method === "GET") {
    const { socket } = request;
    response.detachSocket(socket);
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: open\n\n");
    const own = new URL(url, "http://localhost").searchParams.getAll("topic");
    for (const topic of own) topics.set(topic, (topics.get(topic) ?? new Set()).add(socket));
    socket.on("close", () => {
      for (const topic of own) topics.get(topic)?.delete(socket);
    });
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    const block = Buffer.from(`id: ${++id}\ndata: ${body}\n\n`);
    for (const socket of topics.get(url.slice("/topics/".length)) ?? []) socket.write(block);
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);
