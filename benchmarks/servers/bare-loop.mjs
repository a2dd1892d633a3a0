// The physical limit: node:http for the requests, and a loop of `socket.write` over bare sockets. No history, no resume,
// no bound, no order of its own: what is left when everything is left out.
import { createServer } from "node:http";

const sockets = new Set();
let id = 0;

createServer((request, response) => {
  if (request.method === "GET") {
    const { socket } = request;
    response.detachSocket(socket);
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: open\n\n");
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    const block = Buffer.from(`id: ${++id}\ndata: ${body}\n\n`);
    for (const socket of sockets) socket.write(block);
    response.writeHead(201, { "content-length": 0 }).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", 4096);
