/** Commands that change something: `set`, `enable`, `disable`, `shutdown`, `clear counters`. */
import { isIP } from "node:net";
import type { PublicProxy, ServerStats } from "../../proxy/public.ts";
import { type Answer, err, type Message, notice, told, warning } from "./answer.ts";
import { checkVerbs } from "./server-checks.ts";
import type { AdminCommand } from "./command.ts";
import type { AdminSources } from "./sources.ts";
import { wordTable } from "../../word-table.ts";
import { silently } from "../answers/slices.ts";

type Run = (args: readonly string[], sources: AdminSources) => Answer;

/** Everything that needs the level admin, and settings of the connection itself. */
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
      withServer(path, sources, ({ proxy, backend, server }) => {
        if (value === undefined) return err("Require <maxconn>.\n");
        if (!/^\d{1,9}$/.test(value)) return err("maxconn string empty or preceded by garbage");
        return told(proxy.setServerMaxconn(backend, server.name, Number(value)));
      }),
  ),
  admin(
    "set maxconn frontend",
    "set maxconn frontend <frontend> <value>",
    "change a frontend's maxconn setting",
    ([name, value], { info }) => {
      if (name === undefined) return err("A frontend name is expected.\n");
      if (info.proxy.frontend(name) === null) return err("No such frontend.\n");
      return value === undefined || !/^\d{1,9}$/.test(value)
        ? err("Integer value expected.\n")
        : told(info.proxy.setFrontendMaxconn(name, Number(value)));
    },
  ),
  admin(
    "set maxconn global",
    "set maxconn global <value>",
    "change the per-process maxconn setting",
    ([value], { info }) =>
      value === undefined || !/^\d{1,9}$/.test(value)
        ? err("Expects an integer value.\n")
        : told(info.proxy.setMaxconn(Number(value))),
  ),
  admin(
    "enable server",
    "enable server  (DEPRECATED)",
    "enable a disabled server (use 'set server' instead)",
    ([path = ""], sources) =>
      withServer(path, sources, ({ proxy, backend, server }) =>
        told(proxy.setServerState(backend, server.name, "ready")),
      ),
  ),
  admin(
    "disable server",
    "disable server (DEPRECATED)",
    "disable a server for maintenance (use 'set server' instead)",
    ([path = ""], sources) =>
      withServer(path, sources, ({ proxy, backend, server }) =>
        told(proxy.setServerState(backend, server.name, "maint")),
      ),
  ),
  admin("enable health", "enable health", "enable health checks", ([path = ""], sources) =>
    setChecks(path, sources, true),
  ),
  admin("disable health", "disable health", "disable health checks", ([path = ""], sources) =>
    setChecks(path, sources, false),
  ),
  admin("enable agent", "enable agent", "enable agent checks", ([path = ""], sources) =>
    withServer(path, sources, ({ proxy, backend, server }) =>
      server.agent === null
        ? err("Agent was not configured on this server, cannot enable.\n")
        : told(proxy.setServerAgent(backend, server.name, { enabled: true })),
    ),
  ),
  admin("disable agent", "disable agent", "disable agent checks", ([path = ""], sources) =>
    withServer(path, sources, ({ proxy, backend, server }) =>
      server.agent === null ? "" : told(proxy.setServerAgent(backend, server.name, { enabled: false })),
    ),
  ),
  admin("set rate-limit", "set rate-limit <setting> <value>", "change a rate limiting value", setRateLimit),
  admin("enable frontend", "enable frontend <frontend>", "re-enable specific frontend", ([asked], sources) =>
    withFrontend(asked, sources, err("Frontend was previously shut down, cannot enable.\n"), (proxy, name, isPaused) =>
      isPaused ? told(proxy.setFrontendState(name, "enabled")) : notice("All sockets are already enabled.\n"),
    ),
  ),
  admin(
    "disable frontend",
    "disable frontend <frontend>",
    "temporarily disable specific frontend",
    ([asked], sources) =>
      withFrontend(
        asked,
        sources,
        notice("Frontend was previously shut down, cannot disable.\n"),
        (proxy, name, isPaused) =>
          isPaused ? notice("All sockets are already disabled.\n") : told(proxy.setFrontendState(name, "disabled")),
      ),
  ),
  admin("shutdown frontend", "shutdown frontend <frontend>", "stop a specific frontend", ([asked], sources) =>
    withFrontend(asked, sources, notice("Frontend was already shut down.\n"), (proxy, name) =>
      told(proxy.setFrontendState(name, "shutdown")),
    ),
  ),
  admin("shutdown session", "shutdown session [id]", "kill a specific session", ([id], { info }) => {
    if (id === undefined) return err("Session pointer expected (use 'show sess').\n");
    return info.proxy.killSession(Number(id)) ? "" : err("No such session (use 'show sess').\n");
  }),
  admin(
    "shutdown sessions server",
    "shutdown sessions server <bk>/<srv>",
    "kill sessions on a server",
    ([path = ""], sources) =>
      withServer(path, sources, ({ proxy, backend, server }) => {
        const ending = proxy.killSessionsOf(backend, server.name);
        return "refused" in ending ? told(ending) : silently(ending);
      }),
  ),
  admin(
    "clear counters",
    "clear counters [all]",
    "clear max statistics counters (or all counters)",
    ([all], { info }) => silently(info.proxy.clearCounters(all === "all")),
  ),
];

const rateLimits = [
  "'set rate-limit' only supports :",
  "   - 'connections global' to set the per-process maximum connection rate",
  "   - 'sessions global' to set the per-process maximum session rate",
  "   - 'ssl-sessions global' to set the per-process maximum SSL session rate",
  "   - 'http-compression global' to set the per-process maximum compression speed in kB/s",
  "",
].join("\n");

function setRateLimit([of, scope, value]: readonly string[], { info }: AdminSources): Answer {
  const isCompression = of === "http-compression";
  const isKnown = of === "connections" || of === "sessions" || of === "ssl-sessions" || isCompression;
  if (!isKnown || scope !== "global") return err(rateLimits);
  if (value === undefined || !/^\d{1,9}$/.test(value)) return err("Expects an integer value.\n");
  if (isCompression) info.proxy.setRateLimit("compression", Number(value) * 1024);
  else info.proxy.setRateLimit(of as "connections" | "sessions" | "ssl-sessions", Number(value));
  return "";
}

function admin(words: string, usage: string, help: string, run: Run): AdminCommand {
  return { words: words.split(" "), usage, help, level: "admin", run };
}

interface ServerLine {
  readonly proxy: PublicProxy;
  readonly backend: string;
  readonly server: ServerStats;
}

/** Finds `backend/server` or says what is missing. */
function withServer(path: string, sources: AdminSources, act: (target: ServerLine) => Answer): Answer {
  const slash = path.indexOf("/");
  if (slash < 0) return err("Require 'backend/server'.\n");
  const { proxy } = sources.info;
  const backend = path.slice(0, slash);
  if (proxy.backend(backend) === null) return err("No such backend.\n");
  const server = proxy.server(backend, path.slice(slash + 1));
  return server === null ? err("No such server.\n") : act({ proxy, backend, server });
}

const serverUsage =
  "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n";

const ownVerbs = wordTable<(target: ServerLine, args: readonly string[]) => Answer>({
  state: ({ proxy, backend, server }, [state]) => {
    if (state !== "ready" && state !== "drain" && state !== "maint") {
      return err("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
    }
    return told(proxy.setServerState(backend, server.name, state));
  },
  health: ({ proxy, backend, server }, [health]) => {
    if (server.trackedAs !== null) return err("cannot change health on a tracking server.\n");
    if (health !== "up" && health !== "stopping" && health !== "down") {
      return err("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n");
    }
    return told(proxy.setServerHealth(backend, server.name, health));
  },
  weight: (target, [weight]) => setWeight(target, weight),
  addr: setAddress,
  fqdn: setName,
  ssl: setTls,
});

const serverVerbs = new Map([...ownVerbs, ...checkVerbs]);

function setServer([path = "", verb, ...args]: readonly string[], sources: AdminSources): Answer {
  return withServer(path, sources, (target) => {
    const act = verb === undefined ? undefined : serverVerbs.get(verb);
    return act === undefined ? err(serverUsage) : act(target, args);
  });
}

function setTls({ proxy, backend, server }: ServerLine, [word]: readonly string[]): Answer {
  if (server.usesTls === null) {
    return err("'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n");
  }
  if (word !== "on" && word !== "off") return err("'set server <srv> ssl' expects 'on' or 'off'.\n");
  const refusal = proxy.setServerTls(backend, server.name, word === "on");
  return refusal === null ? notice("server ssl setting updated.\n") : told(refusal);
}

function setWeight({ proxy, backend, server }: ServerLine, weight: string | undefined): Answer {
  if (weight === undefined || weight === "") return err("Require <weight> or <weight%>.\n");
  const match = /^(-?\d{1,6})(%?)$/.exec(weight);
  if (match === null) return err("Empty weight string empty or preceded by garbage");
  const number = Number(match[1]);
  if (match[2] === "%") {
    if (number < 0) return err("Relative weight must be positive.\n");
    return told(proxy.setServerWeight(backend, server.name, { percent: number }));
  }
  if (number < 0 || number > 256) return err("Absolute weight can only be between 0 and 256 inclusive.\n");
  return told(proxy.setServerWeight(backend, server.name, number));
}

/** `addr IP [port N]`, answered with what changed. */
function setAddress({ proxy, backend, server }: ServerLine, [host, word, portText]: readonly string[]): Answer {
  const by = " by 'stats socket command'\n";
  if (host === undefined) return err("set server <b>/<s> addr requires an address and optionally a port.\n");
  if (isIP(host) === 0) return warning(`Invalid addr '${host}'${by}`);
  const wantsPort = word === "port" && portText !== undefined;
  if (wantsPort && (!/^\d{1,5}$/.test(portText) || Number(portText) > 65_535))
    return warning(`provided port is not an integer${by}`);
  const now = server.address?.kind === "tcp" ? server.address : { host: "", port: 0 };
  const port = wantsPort ? Number(portText) : now.port;
  const changes = [host === now.host ? "no need to change the addr" : `IP changed from '${now.host}' to '${host}'`];
  if (wantsPort)
    changes.push(port === now.port ? "no need to change the port" : `port changed from '${now.port}' to '${port}'`);
  if (host !== now.host || port !== now.port) {
    const refusal = proxy.setServerAddress(backend, server.name, host, wantsPort ? port : null);
    if (refusal !== null) return told(refusal);
  }
  return warning(`${changes.join(", ")}${by}`);
}

/** `fqdn NAME`. HAProxy's own spelling of "FQDN". */
function setName({ proxy, backend, server }: ServerLine, [name]: readonly string[]): Answer {
  const by = "by 'stats socket command'\n";
  if (name === undefined) return err("set server <b>/<s> fqdn requires a FQDN.\n");
  if (!server.planned.isFollowingNames)
    return err("set server <b>/<s> fqdn failed because no resolution is configured.\n");
  if (server.service !== null) return err("set server <b>/<s> fqdn failed because SRV resolution is configured.\n");
  const before = server.hostName;
  if (name === before) return warning(`no need to change the FDQN ${by}`);
  if (proxy.setServerName(backend, server.name, name) !== null)
    return warning(`could not update ${backend}/${server.name} FQDN ${by}`);
  return warning(`${backend}/${server.name} changed its FQDN from ${before ?? "(null)"} to ${name} ${by}`);
}

function setChecks(path: string, sources: AdminSources, enabled: boolean): Answer {
  return withServer(path, sources, ({ proxy, backend, server }) => {
    if (server.check === null)
      return enabled ? err("Health check was not configured on this server, cannot enable.\n") : "";
    return told(proxy.setServerChecks(backend, server.name, enabled));
  });
}

/** Finds a frontend that runs or is paused; `stopped` is said of one that was shut down. */
function withFrontend(
  name: string | undefined,
  { info }: AdminSources,
  stopped: Message,
  act: (proxy: PublicProxy, name: string, isPaused: boolean) => Answer,
): Answer {
  if (name === undefined) return err("A frontend name is expected.\n");
  const found = info.proxy.frontend(name);
  if (found === null) return err("No such frontend.\n");
  return found.state === "STOP" ? stopped : act(info.proxy, name, found.state === "PAUSED");
}
