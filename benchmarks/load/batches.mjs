// Publishes batches of 100 events as NDJSON over connections that are kept alive: node batches.mjs <port> <batches> <connections>
import { Agent, request } from "node:http";

const [port, batches, connections] = process.argv.slice(2).map(Number);
const SIZE = 100;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const line = `${JSON.stringify({ topic: "bench", data: "x".repeat(90) })}\n`;
const body = Buffer.from(line.repeat(SIZE));

let left = batches;
const cpu = process.cpuUsage();
const started = performance.now();
await Promise.all(Array.from({ length: connections }, publishOn));
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ perSecond: (batches * SIZE) / seconds, loadCpu: (user + system) / 1e6 / seconds }));
agent.destroy();

async function publishOn() {
  while (left-- > 0) {
    const { status, text } = await post();
    const { ids } = JSON.parse(text);
    if (status !== 201 || ids.length !== SIZE) throw new Error(`void: ${status} ${text.slice(0, 200)}`);
  }
}

/** @returns {Promise<{ status: number | undefined, text: string }>} */
function post() {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      port,
      agent,
      method: "POST",
      path: "/events",
      headers: { "content-type": "application/x-ndjson", "content-length": body.length },
    });
    outgoing.on("error", reject).on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode, text }));
    });
    outgoing.end(body);
  });
}
