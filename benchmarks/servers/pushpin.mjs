// Pushpin as its documentation shows it: a proxy in front of an origin that answers with GRIP headers, which make it hold the
// stream, and publishes through the control port. Its limit of 2,500 messages a second, a default, is lifted.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request as open } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../lib/servers.mjs";

const port = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "tidings-pushpin-"));
const [origin, control, pull, sub, command] = await Promise.all(Array.from({ length: 5 }, freePort));
mkdirSync(join(folder, "run"));
writeFileSync(join(folder, "routes"), `* 127.0.0.1:${origin}\n`);
// What Pushpin asks its origin through: a service beside it, which by default refuses an origin on this machine.
const zurl = (/** @type {string} */ end) => `ipc://${folder}/run/zurl-${end}`;
writeFileSync(
  join(folder, "zurl.conf"),
  `[General]
in_spec=${zurl("in")}
in_stream_spec=${zurl("in-stream")}
out_spec=${zurl("out")}
in_req_spec=${zurl("req")}
defpolicy=allow
max_open_requests=2000
buffer_size=200000
timeout=600
in_hwm=1000
out_hwm=1000
`,
);
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
zurl_out_specs=${zurl("in")}
zurl_out_stream_specs=${zurl("in-stream")}
zurl_in_specs=${zurl("out")}
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

const asking = spawn("zurl", [`--config=${join(folder, "zurl.conf")}`], { stdio: "ignore" });
const pushpin = spawn("pushpin", ["--config", join(folder, "pushpin.conf")], { stdio: "ignore" });
process.on("SIGTERM", () => pushpin.kill("SIGTERM"));
pushpin.on("exit", (code) => {
  asking.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 0);
});
