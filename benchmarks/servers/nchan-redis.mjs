// nginx with nchan whose messages are in Redis, and Redis with an fsync before each answer: a history that survives.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../lib/servers.mjs";

const folder = mkdtempSync(join(tmpdir(), "tidings-nchan-redis-"));
const redisPort = await freePort();
const redis = spawn(
  "redis-server",
  [
    "--port",
    String(redisPort),
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--save",
    "",
  ],
  { stdio: "ignore" },
);
writeFileSync(
  join(folder, "nginx.conf"),
  `load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; error_log ${folder}/error.log; pid ${folder}/pid;
events { worker_connections 19000; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000; nchan_shared_memory_size 256M;
  upstream store { nchan_redis_server "redis://127.0.0.1:${redisPort}"; }
  server {
    listen 127.0.0.1:${process.argv[2]} backlog=4096;
    location = /topics/bench { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1000; nchan_redis_pass store; }
    location = /events { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message oldest; nchan_redis_pass store; }
  }
}
`,
);
while (spawnSync("redis-cli", ["-p", String(redisPort), "ping"]).status !== 0) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const nginx = spawn("nginx", ["-c", join(folder, "nginx.conf")], { stdio: "inherit" });
process.on("SIGTERM", () => nginx.kill("SIGTERM"));
nginx.on("exit", (code) => {
  redis.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 0);
});
