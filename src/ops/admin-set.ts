/** Commands that change something: `set`, `enable`, `disable`, `shutdown`, `clear counters`. */
import { isIP } from "node:net";
import type { ProxyFace, Refusal, ServerFigures } from "../proxy/face.ts";
import { checkVerbs } from "./admin-checks.ts";
import type { AdminCommand, AdminSources } from "./admin-commands.ts";

type Run = (args: readonly string[], sources: AdminSources) => string;

/** Everything that needs the level admin, and `set timeout cli`. */
export const setCommands: readonly AdminCommand[] = [
  admin("set server", "set server <bk>/<srv> [opts]", "change a server's state, weight or address", setServer),
  admin(
    "set weight",
    "set weight <bk>/<srv>  (DEPRECATED)",
    "change a server's weight (use 'set server' instead)",
    ([path = "", weight], sources) => withServer(path, sources, (target) => setWeight(target, weight)),
  ),
  admin(
    "set maxconn server",
    "set maxconn server <bk>/<srv>",
    "change a server's maxconn setting",
    ([path = "", value], sources) =>
      withServer(path, sources, ({ face, backend, server }) => {
        if (value === undefined) return "Require <maxconn>.\n";
        if (!/^\d{1,9}$/.test(value)) return "maxconn string empty or preceded by garbage";
        return told(face.setServerMaxconn(backend, server.name, Number(value)));
      }),
  ),
  admin(
    "set maxconn frontend",
    "set maxconn frontend <frontend> <value>",
    "change a frontend's maxconn setting",
    ([name, value], { info }) => {
      if (name === undefined) return "A frontend name is expected.\n";
      if (!hasFrontend(info.face, name)) return "No such frontend.\n";
      return value === undefined || !/^\d{1,9}$/.test(value)
        ? "Integer value expected.\n"
        : told(info.face.setFrontendMaxconn(name, Number(value)));
    },
  ),
  admin(
    "set maxconn global",
    "set maxconn global <value>",
    "change the per-process maxconn setting",
    ([value], { info }) =>
      value === undefined || !/^\d{1,9}$/.test(value)
        ? "Expects an integer value.\n"
        : told(info.face.setMaxconn(Number(value))),
  ),
  {
    words: ["set", "timeout", "cli"],
    usage: "set timeout [cli] <delay>",
    help: "change a timeout setting",
    level: "user",
    run: ([delay], _sources, session) => {
      if (delay === undefined) return "Expects an integer value.\n";
      const ms = durationMs(delay);
      if (ms === null) return "Invalid timeout value.\n";
      session.timeoutMs = ms;
      return "";
    },
  },
  admin(
    "enable server",
    "enable server  (DEPRECATED)",
    "enable a disabled server (use 'set server' instead)",
    ([path = ""], sources) =>
      withServer(path, sources, ({ face, backend, server }) =>
        told(face.setServerState(backend, server.name, "ready")),
      ),
  ),
  admin(
    "disable server",
    "disable server (DEPRECATED)",
    "disable a server for maintenance (use 'set server' instead)",
    ([path = ""], sources) =>
      withServer(path, sources, ({ face, backend, server }) =>
        told(face.setServerState(backend, server.name, "maint")),
      ),
  ),
  admin("enable health", "enable health", "enable health checks", ([path = ""], sources) =>
    setChecks(path, sources, true),
  ),
  admin("disable health", "disable health", "disable health checks", ([path = ""], sources) =>
    setChecks(path, sources, false),
  ),
  admin("enable agent", "enable agent", "enable agent checks", ([path = ""], sources) =>
    withServer(path, sources, ({ face, backend, server }) =>
      server.agent === null
        ? "Agent was not configured on this server, cannot enable.\n"
        : told(face.setServerAgent(backend, server.name, { enabled: true })),
    ),
  ),
  admin("disable agent", "disable agent", "disable agent checks", ([path = ""], sources) =>
    withServer(path, sources, ({ face, backend, server }) =>
      server.agent === null ? "" : told(face.setServerAgent(backend, server.name, { enabled: false })),
    ),
  ),
  admin("set rate-limit", "set rate-limit <setting> <value>", "change a rate limiting value", setRateLimit),
  admin("enable frontend", "enable frontend <frontend>", "re-enable specific frontend", ([name], sources) => {
    const state = frontendState(name, sources);
    if (state.wrong !== null) return state.wrong;
    if (!state.isPaused) return "All sockets are already enabled.\n";
    return told(sources.info.face.setFrontendState(state.name, "enabled"));
  }),
  admin(
    "disable frontend",
    "disable frontend <frontend>",
    "temporarily disable specific frontend",
    ([name], sources) => {
      const state = frontendState(name, sources);
      if (state.wrong !== null) return state.wrong;
      if (state.isPaused) return "All sockets are already disabled.\n";
      return told(sources.info.face.setFrontendState(state.name, "disabled"));
    },
  ),
  admin("shutdown frontend", "shutdown frontend <frontend>", "stop a specific frontend", ([name], sources) => {
    const state = frontendState(name, sources);
    return state.wrong ?? told(sources.info.face.setFrontendState(state.name, "shutdown"));
  }),
  admin("shutdown session", "shutdown session [id]", "kill a specific session", ([id], { info }) => {
    if (id === undefined) return "Session pointer expected (use 'show sess').\n";
    return info.face.killSession(Number(id)) ? "" : "No such session (use 'show sess').\n";
  }),
  admin(
    "shutdown sessions server",
    "shutdown sessions server <bk>/<srv>",
    "kill sessions on a server",
    ([path = ""], sources) =>
      withServer(path, sources, ({ face, backend, server }) => told(face.killSessionsOf(backend, server.name))),
  ),
  admin(
    "clear counters",
    "clear counters [all]",
    "clear max statistics counters (or all counters)",
    ([all], { info }) => {
      info.face.clearCounters(all === "all");
      return "";
    },
  ),
];

const rateLimits = [
  "'set rate-limit' only supports :",
  "   - 'connections global' to set the per-process maximum connection rate",
  "   - 'sessions global' to set the per-process maximum session rate",
  "",
].join("\n");

function setRateLimit([of, scope, value]: readonly string[], { info }: AdminSources): string {
  if ((of !== "connections" && of !== "sessions") || scope !== "global") return rateLimits;
  if (value === undefined || !/^\d{1,9}$/.test(value)) return "Expects an integer value.\n";
  info.face.setRateLimit(of, Number(value));
  return "";
}

function admin(words: string, usage: string, help: string, run: Run): AdminCommand {
  return { words: words.split(" "), usage, help, level: "admin", run };
}

function told(refusal: Refusal | null): string {
  return refusal === null ? "" : `${refusal.refused}\n`;
}

interface ServerTarget {
  readonly face: ProxyFace;
  readonly backend: string;
  readonly server: ServerFigures;
  readonly sources: AdminSources;
}

/** Finds `backend/server` or says what is missing. */
function withServer(path: string, sources: AdminSources, act: (target: ServerTarget) => string): string {
  const slash = path.indexOf("/");
  if (slash < 0) return "Require 'backend/server'.\n";
  const { face } = sources.info;
  const backend = face.backends().find((one) => one.name === path.slice(0, slash));
  if (backend === undefined) return "No such backend.\n";
  const server = backend.servers.find((one) => one.name === path.slice(slash + 1));
  return server === undefined ? "No such server.\n" : act({ face, backend: backend.name, server, sources });
}

const serverUsage =
  "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n";

const serverVerbs: Record<string, (target: ServerTarget, args: readonly string[]) => string> = {
  state: ({ face, backend, server }, [state]) => {
    if (state !== "ready" && state !== "drain" && state !== "maint") {
      return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
    }
    return told(face.setServerState(backend, server.name, state));
  },
  health: ({ face, backend, server }, [health]) => {
    if (server.trackedAs !== null) return "cannot change health on a tracking server.\n";
    if (health !== "up" && health !== "stopping" && health !== "down") {
      return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n";
    }
    return told(face.setServerHealth(backend, server.name, health));
  },
  weight: (target, [weight]) => setWeight(target, weight),
  addr: setAddress,
  ...checkVerbs,
  fqdn: ({ server, backend, sources }, [name]) => {
    if (name === undefined) return "set server <b>/<s> fqdn requires a FQDN.\n";
    const plan = sources
      .plan()
      .backends.find((one) => one.name === backend)
      ?.servers.find((one) => one.name === server.name);
    return (plan?.resolvers ?? null) === null
      ? "set server <b>/<s> fqdn failed because no resolution is configured.\n"
      : "The name cannot be changed while running here; change the file and reload.\n";
  },
  ssl: () => "'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n",
};

function setServer([path = "", verb, ...args]: readonly string[], sources: AdminSources): string {
  return withServer(path, sources, (target) => {
    const act = verb !== undefined && Object.hasOwn(serverVerbs, verb) ? serverVerbs[verb] : undefined;
    return act === undefined ? serverUsage : act(target, args);
  });
}

function setWeight({ face, backend, server }: ServerTarget, weight: string | undefined): string {
  if (weight === undefined || weight === "") return "Require <weight> or <weight%>.\n";
  const match = /^(-?\d{1,6})(%?)$/.exec(weight);
  if (match === null) return "Empty weight string empty or preceded by garbage";
  const number = Number(match[1]);
  if (match[2] === "%") {
    if (number < 0) return "Relative weight must be positive.\n";
    return told(face.setServerWeight(backend, server.name, { percent: number }));
  }
  if (number < 0 || number > 256) return "Absolute weight can only be between 0 and 256 inclusive.\n";
  return told(face.setServerWeight(backend, server.name, number));
}

/** `addr IP [port N]`, answered with what changed. */
function setAddress({ face, backend, server }: ServerTarget, [host, word, portText]: readonly string[]): string {
  const by = " by 'stats socket command'\n";
  if (host === undefined) return "set server <b>/<s> addr requires an address and optionally a port.\n";
  if (isIP(host) === 0) return `Invalid addr '${host}'${by}`;
  const wantsPort = word === "port" && portText !== undefined;
  if (wantsPort && (!/^\d{1,5}$/.test(portText) || Number(portText) > 65_535))
    return `provided port is not an integer${by}`;
  const now = server.address?.kind === "tcp" ? server.address : { host: "", port: 0 };
  const port = wantsPort ? Number(portText) : now.port;
  const changes = [host === now.host ? "no need to change the addr" : `IP changed from '${now.host}' to '${host}'`];
  if (wantsPort)
    changes.push(port === now.port ? "no need to change the port" : `port changed from '${now.port}' to '${port}'`);
  if (host !== now.host || port !== now.port) {
    const refusal = face.setServerAddress(backend, server.name, host, wantsPort ? port : null);
    if (refusal !== null) return told(refusal);
  }
  return `${changes.join(", ")}${by}`;
}

function setChecks(path: string, sources: AdminSources, enabled: boolean): string {
  return withServer(path, sources, ({ face, backend, server }) => {
    if (server.check === null) return enabled ? "Health check was not configured on this server, cannot enable.\n" : "";
    return told(face.setServerChecks(backend, server.name, enabled));
  });
}

function hasFrontend(face: ProxyFace, name: string): boolean {
  return face.frontends().some((one) => one.name === name);
}

function frontendState(
  name: string | undefined,
  { info }: AdminSources,
): { readonly name: string; readonly isPaused: boolean; readonly wrong: string | null } {
  if (name === undefined) return { name: "", isPaused: false, wrong: "A frontend name is expected.\n" };
  const found = info.face.frontends().find((one) => one.name === name);
  if (found === undefined) return { name, isPaused: false, wrong: "No such frontend.\n" };
  if (found.state === "STOP")
    return { name, isPaused: false, wrong: "Frontend was previously shut down, cannot do that.\n" };
  return { name, isPaused: found.state === "PAUSED", wrong: null };
}

/** `10` (seconds), `500ms`, `1m`, …; null for anything else. */
function durationMs(text: string): number | null {
  const match = /^(\d{1,9})(us|ms|s|m|h|d)?$/.exec(text);
  if (match === null) return null;
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Math.min(2_147_483_647, Number(match[1]) * (units[match[2] ?? "s"] ?? 1000));
}
