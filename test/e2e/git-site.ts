/** A site of git repositories over HTTP: `git http-backend` in nginx, as sites run it. */
import { readFileSync } from "node:fs";
import { commandPath, must, freePort, start, waitUntil } from "./harness.ts";
import { runNginx } from "./nginx.ts";

export interface Site extends AsyncDisposable {
  readonly port: number;
  /** A line for each request so far: its line, content-encoding and transfer-encoding. */
  log(): readonly string[];
}

/** nginx, and what starts `git http-backend` for it, over the repositories in a folder. */
export async function startSite(folder: string): Promise<Site> {
  const port = await freePort();
  const backend = `${(await must(["git", "--exec-path"])).trim()}/git-http-backend`;
  const parameters = {
    SCRIPT_FILENAME: backend,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    REMOTE_USER: "git",
    PATH_INFO: "$uri",
    QUERY_STRING: "$args",
    REQUEST_METHOD: "$request_method",
    CONTENT_TYPE: "$content_type",
    CONTENT_LENGTH: "$content_length",
    GIT_PROTOCOL: "$http_git_protocol",
  };
  const open = new AsyncDisposableStack();
  // One process each time is enough, and nothing is left when it is killed.
  open.use(start([commandPath("fcgiwrap"), "-f", "-c", "1", "-s", `unix:${folder}/cgi`]));
  open.use(
    runNginx(
      folder,
      `  log_format seen '$request [$http_content_encoding] [$http_transfer_encoding]';
  access_log ${folder}/access.log seen;
  server {
    listen 127.0.0.1:${port};
    location = /status {
      return 200;
    }
    location / {
      fastcgi_pass unix:${folder}/cgi;
      fastcgi_request_buffering off;
      fastcgi_buffering off;
      fastcgi_read_timeout 300s;
      ${Object.entries(parameters)
        .map(([name, value]) => `fastcgi_param ${name} ${value};`)
        .join("\n      ")}
    }
  }
`,
    ),
  );
  await waitUntil("nginx", () =>
    must(["curl", "-s", "-m", "5", "-o", "/dev/null", `http://127.0.0.1:${port}/`]).then(() => true),
  );
  return {
    port,
    log: () => readFileSync(`${folder}/access.log`, "utf8").split("\n").filter(Boolean),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** An empty repository behind the site, and one to work in. */
export async function repositories(folder: string): Promise<(...words: readonly string[]) => Promise<string>> {
  // Random bytes have no delta to look for.
  const cheap = ["-c", "core.compression=0", "-c", "core.bigFileThreshold=1m", "-c", "gc.auto=0"];
  const git = (...words: readonly string[]): Promise<string> =>
    must(["git", ...cheap, ...words], { cwd: folder, timeoutMs: 600_000 });
  await git("init", "-q", "--bare", "-b", "main", "origin.git");
  await git("-C", "origin.git", "config", "core.compression", "0");
  await git("-C", "origin.git", "config", "core.bigFileThreshold", "1m");
  await git("init", "-q", "-b", "main", "work");
  return git;
}
