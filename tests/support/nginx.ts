import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testDirectory } from "../../packages/hub/test/support/cli.ts";
import { startDaemon } from "./daemon.ts";

const NGINX = ["/usr/sbin/nginx", "/usr/bin/nginx"].find(existsSync) as string;

/** A real nginx with nothing set but what `http` says, ended with the test. */
export async function startNginx(port: number, http: string): Promise<void> {
  const prefix = testDirectory();
  mkdirSync(join(prefix, "logs"));
  writeFileSync(
    join(prefix, "nginx.conf"),
    `daemon off;
master_process off;
pid nginx.pid;
error_log logs/error.log;
events { worker_connections 256; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${kind}_temp;`).join("\n  ")}
  ${http}
}
`,
  );
  await startDaemon(NGINX, ["-p", prefix, "-c", "nginx.conf", "-e", "logs/error.log"], port);
}
