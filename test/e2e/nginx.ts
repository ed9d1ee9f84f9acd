/** nginx for tests: one of its own, that needs nothing but a folder. */
import { writeFileSync } from "node:fs";
import { commandPath, start } from "./harness.ts";

/** Starts it with the text of its `http` section; all its files are in `folder`. It is not waited for. */
export function runNginx(folder: string, http: string): AsyncDisposable {
  const temporary = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"].map(
    (one) => `${one}_temp_path ${folder}/tmp-${one};`,
  );
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
  ${temporary.join("\n  ")}
  client_max_body_size 0;
  keepalive_timeout 1s;
${http}}
`,
  );
  const running = start([commandPath("nginx"), "-p", folder, "-c", `${folder}/nginx.conf`]);
  return {
    async [Symbol.asyncDispose]() {
      // Its worker goes with it only when it is asked.
      running.kill("SIGTERM");
      await running.exited;
    },
  };
}
