/** `option external-check`: a program looks after the server, and its exit status is the verdict. */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { deferred } from "../../../deferred.ts";
import type { SocketAddress } from "../../../address.ts";
import type { CheckPlan } from "../../../plan/check.ts";
import type { Abort } from "./abort.ts";
import { CheckEnd } from "./outcome.ts";

/** What the program is told of its server and of the section it stands in. */
export interface ExternalSubject {
  readonly proxy: { readonly name: string; readonly id: number };
  /** The section's first listener; null: it has none. */
  readonly listener: SocketAddress | null;
  readonly server: { readonly name: string; readonly id: number };
  /** 0: no limit. */
  readonly maxconn: number;
  readonly connections: number;
}

/** How long a program that was told to end may take before it is killed. */
const graceMs = 1000;
/** What HAProxy's child ends with when there is no such program. */
const noProgram = 255;

/** What a program reads of us: nothing. A descriptor once it was opened ahead. */
let nothingToRead: number | "ignore" = "ignore";

/** To be called before the process goes to another root folder, which need not have a /dev/null. */
export function prepareForOtherRoot(): void {
  if (nothingToRead === "ignore") nothingToRead = openSync("/dev/null", "r");
}

/**
 * Runs the program once and ends with its verdict: always throws a CheckEnd, PROCOK for exit status 0.
 *
 * It gets four arguments and an environment of nothing but `HAPROXY_…` and PATH (manual, `external-check command`), reads
 * nothing and writes where this process does. After `limitMs`, or when `abort` gives it up, it gets SIGTERM, and SIGKILL when it
 * takes no notice, where HAProxy would leave it. `tell` hears why it cannot be run.
 */
export async function runExternal(
  plan: Extract<CheckPlan, { kind: "external" }>,
  address: SocketAddress,
  subject: ExternalSubject,
  limits: { readonly limitMs: number; readonly abort: Abort },
  tell: (text: string) => void,
): Promise<never> {
  const { promise, resolve } = deferred<CheckEnd>();
  const own: Arguments = [...hostAndPort(subject.listener), ...hostAndPort(address)];
  const env = environment(plan.path, own, subject);
  const child = spawn(plan.command, own, { env, stdio: [nothingToRead, "inherit", "inherit"] });
  const end = (): void => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    child.on("exit", () => clearTimeout(killer));
    resolve(new CheckEnd("PROCTOUT", null));
  };
  const timer = setTimeout(end, limits.limitMs);
  limits.abort.running = { cancel: end };
  child.on("error", (error) => {
    tell(`external-check command '${plan.command}' cannot be run: ${error.message}`);
    resolve(new CheckEnd("PROCERR", null, noProgram));
  });
  child.on("exit", (code) => resolve(new CheckEnd(code === 0 ? "PROCOK" : "PROCERR", null, code ?? -1)));
  const verdict = await promise;
  clearTimeout(timer);
  limits.abort.running = null;
  throw verdict;
}

type Arguments = readonly [string, string, string, string];

const unused = "NOT_USED";

function hostAndPort(address: SocketAddress | null): readonly [string, string] {
  switch (address?.kind) {
    case "tcp":
      return [address.host, String(address.port)];
    case "unix":
      return [address.path, unused];
    default:
      return [unused, unused];
  }
}

function environment(path: string, values: Arguments, subject: ExternalSubject): NodeJS.ProcessEnv {
  const [listenHost, listenPort, host, port] = values.map((value) => (value === unused ? "" : value));
  return {
    PATH: path,
    HAPROXY_PROXY_ADDR: listenHost,
    HAPROXY_PROXY_ID: String(subject.proxy.id),
    HAPROXY_PROXY_NAME: subject.proxy.name,
    HAPROXY_PROXY_PORT: listenPort,
    HAPROXY_SERVER_ADDR: host,
    HAPROXY_SERVER_CURCONN: String(subject.connections),
    HAPROXY_SERVER_ID: String(subject.server.id),
    HAPROXY_SERVER_MAXCONN: String(subject.maxconn),
    HAPROXY_SERVER_NAME: subject.server.name,
    HAPROXY_SERVER_PORT: port,
    HAPROXY_SERVER_PROTO: "tcp",
    HAPROXY_SERVER_SSL: "0",
  };
}
