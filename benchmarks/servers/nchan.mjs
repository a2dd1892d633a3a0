// nginx with nchan, as its documentation shows it: a publisher location, a subscriber location that speaks EventSource, a
// bounded message buffer in memory. One worker, as every other server here has one thread.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "tidings-nchan-"));
writeFileSync(
  join(folder, "nginx.conf"),
  `load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; error_log ${folder}/error.log; pid ${folder}/pid;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000; nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${process.argv[2]} backlog=4096;
    location = /topics/bench { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 20000; }
    location = /events { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }
  }
}
`,
);
const nginx = spawn("nginx", ["-c", join(folder, "nginx.conf")], { stdio: "inherit" });
const stop = () => nginx.kill("SIGTERM");
process.on("SIGTERM", stop).on("SIGINT", stop);
nginx.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 0);
});
