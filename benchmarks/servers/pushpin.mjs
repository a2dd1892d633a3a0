// Pushpin as its documentation shows it: a proxy in front of an origin that answers with GRIP headers, which make it hold the
// stream, and publishes through the control port. Its limit of 2,500 messages a second, a default, is lifted.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request as open } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const port = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "tidings-pushpin-"));
// Those above the server's own: free, most likely.
const [origin, control, pull, sub, command] = [1, 2, 3, 4, 5].map((above) => port + above);
mkdirSync(join(folder, "run"));
writeFileSync(join(folder, "routes"), `* 127.0.0.1:${origin}\n`);
writeFileSync(
  join(folder, "pushpin.conf"),
  `[global]
include={libdir}/internal.conf
rundir=${folder}/run
ipc_prefix=bench-
[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:${port}
logdir=${folder}
log_level=0
client_maxconn=20000
condure_bin=condure
[proxy]
routesfile=${folder}/routes
[handler]
push_in_spec=tcp://127.0.0.1:${pull}
push_in_sub_specs=tcp://127.0.0.1:${sub}
push_in_http_addr=127.0.0.1
push_in_http_port=${control}
command_spec=tcp://127.0.0.1:${command}
message_rate=1000000
message_hwm=1000000
`,
);

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let id = 0;
createServer((request, response) => {
  if (request.method === "GET") {
    const headers = { "content-type": "text/event-stream", "grip-hold": "stream", "grip-channel": "bench" };
    response.writeHead(200, headers).end(": open\n\n");
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    const content = `id: ${++id}\ndata: ${body}\n\n`;
    const item = JSON.stringify({ items: [{ channel: "bench", formats: { "http-stream": { content } } }] });
    const options = { port: control, agent, method: "POST", path: "/publish/" };
    open({ ...options, headers: { "content-length": Buffer.byteLength(item) } }, (published) => {
      published.resume().on("end", () => response.writeHead(201, { "content-length": 0 }).end());
    })
      .on("error", () => response.writeHead(502).end())
      .end(item);
  });
}).listen(origin, "127.0.0.1", 4096);

const pushpin = spawn("pushpin", ["--config", join(folder, "pushpin.conf")], { stdio: "ignore" });
process.on("SIGTERM", () => pushpin.kill("SIGTERM"));
pushpin.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 0);
});
