/** Commands that only look: `show …`, `get …`. */
import { addressText } from "../../address.ts";
import type { CheckResult } from "../../events.ts";
import type { BackendStats, PublicProxy, ServerStats, SessionStats } from "../../proxy/public.ts";
import { type Answer, err, info as said } from "./answer.ts";
import type { AdminCommand } from "./command.ts";
import type { AdminSources } from "./sources.ts";
import { infoJson, infoText, infoTyped } from "../stats/info.ts";
import { statsCsv, statsJson, statsTyped } from "../stats/csv.ts";
import { rowTypes, type StatsRow } from "../stats/rows.ts";
import { jsonSchema } from "../stats/json-schema.ts";
import { statRows } from "../stats/stat-rows.ts";
import type { Rows } from "../answers/slices.ts";
import { logDate, singleLine } from "../log/syslog.ts";
import { wordTable } from "../../word-table.ts";

/** `show` and `get` commands. */
export const showCommands: readonly AdminCommand[] = [
  show("backend", "show backend", "list backends in the current running config", "user", showBackends),
  show("cli level", "show cli level", "display the level of the current CLI session", "user", (_a, _s, session) =>
    said(`${session.level}\n`),
  ),
  show(
    "cli sockets",
    "show cli sockets",
    "dump list of cli sockets",
    "user",
    (_args, { sockets }) =>
      `# socket lvl processes\n${sockets()
        .map((one) => `${one.address} ${one.level} all\n`)
        .join("")}`,
  ),
  show("env", "show env [var]", "dump environment variables known to the process", "operator", showEnvironment),
  show(
    "info",
    "show info [desc|json|typed]*",
    "report information about the running process",
    "user",
    (args, { info }) => {
      const withDescription = args.includes("desc");
      if (args.includes("json")) return infoJson(info, withDescription);
      return args.includes("typed") ? infoTyped(info, withDescription) : infoText(info, withDescription);
    },
  ),
  show("schema json", "show schema json", "report schema used for stats", "user", () => jsonSchema),
  show(
    "servers conn",
    "show servers conn [<backend>]",
    "dump server connections status (all or for a single backend)",
    "user",
    showServersConn,
  ),
  show(
    "servers state",
    "show servers state [<backend>]",
    "dump volatile server information (all or for a single backend)",
    "user",
    showServersState,
  ),
  show(
    "sess",
    "show sess [id]",
    "report the list of current sessions or dump this exact session",
    "operator",
    showSessions,
  ),
  show("startup-logs", "show startup-logs", "report logs emitted during HAProxy startup", "user", (_args, sources) =>
    said(sources.startupLogs()),
  ),
  show(
    "stat",
    "show stat [desc|json|no-maint|typed|up]*",
    "report counters for each proxy and server",
    "user",
    showStat,
  ),
  show("version", "show version", "show version of the current process", "user", (_args, { info }) =>
    said(`${info.version}\n`),
  ),
  {
    words: ["get", "var"],
    usage: "get var <name>",
    help: "retrieve contents of a process-wide variable",
    level: "operator",
    run: ([name = ""], { variable }) => {
      if (name === "") return err("Missing process-wide variable identifier.\n");
      const value = variable(name);
      return value === null ? err("Variable not found.\n") : said(`${name}: ${value}\n`);
    },
  },
  {
    words: ["get", "weight"],
    usage: "get weight <bk>/<srv>",
    help: "report a server's current weight",
    level: "user",
    run: ([path = ""], { info }) => {
      const [backend = "", server] = path.split("/", 2);
      if (server === undefined) return err("Require 'backend/server'.\n");
      const one = info.proxy.server(backend, server);
      return one === null ? err("No such server.\n") : `${one.userWeight} (initial ${one.initialWeight})\n`;
    },
  },
];

function show(
  words: string,
  usage: string,
  help: string,
  level: AdminCommand["level"],
  run: AdminCommand["run"],
): AdminCommand {
  return { words: ["show", ...words.split(" ")], usage, help, level, run };
}

function* showBackends(_args: readonly string[], { info }: AdminSources): Rows {
  yield "# name\n";
  for (const { name } of info.proxy.backends()) yield `${name}\n`;
}

function showEnvironment([name]: readonly string[], sources: AdminSources): Answer {
  const all = sources.environment();
  if (name === undefined) return environmentRows(all);
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  return value === undefined ? err("Variable not found\n") : `${singleLine(`${name}=${value}`)}\n`;
}

function* environmentRows(all: ReturnType<AdminSources["environment"]>): Rows {
  for (const [key, value] of Object.entries(all)) {
    yield value === undefined ? "" : `${singleLine(`${key}=${value}`)}\n`;
  }
}

function showStat(args: readonly string[], sources: AdminSources): Rows {
  const { proxy } = sources.info;
  const form = args.includes("json") ? statsJson : args.includes("typed") ? statsTyped : statsCsv;
  return statRows(proxy, form, {
    hidesDown: args.includes("up"),
    hidesMaintenance: args.includes("no-maint"),
    isWanted: selection(args, proxy),
  });
}

/** `show stat <iid|name> <type bits> <sid>`: -1 stands for all. Bits: 1 frontends, 2 backends, 4 servers, 8 listeners. */
function selection(args: readonly string[], proxy: PublicProxy): (row: StatsRow) => boolean {
  const [wanted, type, object] = args;
  if (wanted === undefined || type === undefined || object === undefined || !/^-?\d+$/.test(type)) return () => true;
  const named = [proxy.frontend(wanted)?.id, proxy.backend(wanted)?.id];
  const ids = /^-?\d+$/.test(wanted) ? [Number(wanted)] : named.filter((id) => id !== undefined);
  const bits = Number(type);
  return (row) =>
    (ids.some((id) => id < 0) || ids.includes(row.proxyId)) &&
    (bits < 0 || (bits & (1 << rowTypes[row.kind])) !== 0) &&
    (Number(object) < 0 || Number(object) === row.objectId);
}

/** Servers of the backend that is named, of all without a name; nothing where one has none. Null: nobody has that name. */
function chosenServers(
  [name]: readonly string[],
  { proxy }: AdminSources["info"],
  head: string,
  line: (backend: BackendStats, server: ServerStats) => string,
): Rows | null {
  if (name === undefined) return serverRows(proxy.backends(), head, line);
  const found = proxy.backend(name);
  return found === null ? null : serverRows([found], head, line);
}

function* serverRows(
  backends: readonly BackendStats[],
  head: string,
  line: (backend: BackendStats, server: ServerStats) => string,
): Rows {
  yield head;
  for (const backend of backends) {
    for (const server of backend.servers) yield line(backend, server);
    yield "";
  }
}

function showServersConn(args: readonly string[], { info }: AdminSources): Answer {
  const { threads } = info.proxy.process;
  const head = `# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[${threads}]\n`;
  const others = " 0".repeat(threads - 1);
  const rows = chosenServers(args, info, head, (backend, server) => {
    const { host, port } = endpointOf(server);
    const { current, max, http, connectionsNeeded } = server;
    const { idle, idleFresh } = http ?? { idle: 0, idleFresh: 0 };
    const ids = `${backend.name}/${server.name} ${backend.id}/${server.id}`;
    return `${ids} ${host} ${port} - 5000 ${current} ${max} ${connectionsNeeded} ${idleFresh} ${idle - idleFresh} -1 ${idle} ${idle}${others}\n`;
  });
  return rows ?? err("Can't find backend.\n");
}

function endpointOf(server: ServerStats): { readonly host: string; readonly port: number } {
  const { address } = server;
  if (address === null) return { host: "-", port: 0 };
  if (address.kind !== "tcp") return { host: "-", port: 0 };
  return { host: address.host || "0.0.0.0", port: address.port };
}

const stateColumns =
  "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

/** The format of a server state file, version 1 (manual, "show servers state"). */
function showServersState(args: readonly string[], { info }: AdminSources): Answer {
  const rows = chosenServers(args, info, `1\n# ${stateColumns}\n`, stateLine);
  return rows ?? err("Can't find backend.\n");
}

/** Check results by HAProxy's numbers, from "unknown" to the external check's. */
const checkStatusNumbers = wordTable<number>({
  UNK: 0,
  INI: 1,
  HANA: 3,
  CHECKED: 4,
  SOCKERR: 5,
  L4OK: 6,
  L4TOUT: 7,
  L4CON: 8,
  L6OK: 9,
  L6TOUT: 10,
  L6RSP: 11,
  L7TOUT: 12,
  L7RSP: 13,
  L7OK: 15,
  L7OKC: 16,
  L7STS: 17,
  PROCERR: 18,
  PROCTOUT: 19,
  PROCOK: 20,
});

const operationalNumbers: Record<ServerStats["state"], number> = {
  UP: 2,
  "no check": 2,
  DRAIN: 2,
  NOLB: 3,
  DOWN: 0,
  MAINT: 0,
};

function stateLine(backend: BackendStats, server: ServerStats): string {
  const { planned, check } = server;
  const operational = operationalNumbers[server.state];
  const last = check?.last ?? null;
  const checkStatus = last === null ? 1 : (checkStatusNumbers.get(last.status) ?? 0);
  const { host, port } = endpointOf(server);
  const fields = [
    backend.id,
    backend.name,
    server.id,
    server.name,
    host,
    operational,
    adminBits(server),
    server.userWeight,
    server.initialWeight,
    server.lastChangeSeconds,
    checkStatus,
    checkResult(last),
    server.state === "MAINT" ? 0 : (check?.health ?? (planned.isDisabled ? 0 : planned.rise)),
    checkBits(server),
    server.agent === null ? 0 : 16 | 2 | (server.agent.isEnabled ? 4 : 0),
    0,
    planned.isIdGiven ? 1 : 0,
    server.hostName ?? "-",
    // A server whose name has no address keeps its port.
    server.address === null ? (planned.port ?? 0) : port || planned.portOffset,
    server.service ?? "-",
    server.usesTls === true ? 1 : 0,
    planned.checkPort ?? 0,
    planned.checkHost ?? "-",
    planned.agentHost ?? "-",
    planned.agentPort ?? 0,
  ];
  return `${fields.join(" ")}\n`;
}

/** Unknown 0, neutral 1, failed 2, passed 3, conditionally passed 4. */
function checkResult(last: CheckResult | null): number {
  if (last === null) return 0;
  if (last.status === "L7OKC") return 4;
  return last.status === "CHECKED" ? 1 : last.status.endsWith("OK") ? 3 : 2;
}

/** The check runs 1, is configured 2, enabled 4, paused by maintenance 8 (by `disabled` of the file without a check, too). */
function checkBits({ check, state, planned }: ServerStats): number {
  // Without a check nothing ends what 'disabled' of the file has paused.
  if (check === null) return planned.isDisabled ? 8 : 0;
  return (check.running ? 1 : 0) | 2 | (check.isEnabled ? 4 : 0) | (state === "MAINT" ? 8 : 0);
}

/** Forced maintenance 1, inherited 2, `disabled` in the file 4, forced drain 8, inherited 16, no address 32, another name 64. */
function adminBits({ standing, inherited, isRenamed, planned }: ServerStats): number {
  return (
    (standing.forcedMaint || standing.configuredMaint ? 1 : 0) |
    (inherited.maint ? 2 : 0) |
    (inherited.drain ? 16 : 0) |
    (planned.isDisabled ? 4 : 0) |
    (standing.forcedDrain ? 8 : 0) |
    (standing.unresolved ? 32 : 0) |
    (isRenamed ? 64 : 0)
  );
}

function* showSessions([id]: readonly string[], { info }: AdminSources): Rows {
  const sessions = info.proxy.sessions();
  if (id === undefined || id === "all") {
    for (const session of sessions) yield sessionLine(session);
    return;
  }
  const wanted = Number(id);
  for (const session of sessions) {
    if (session.id === wanted) return yield sessionDetails(session);
    yield "";
  }
  yield "Session not found.\n";
}

function sessionLine(session: SessionStats): string {
  const age = `${Math.floor(session.ageMs / 1000)}s`;
  const source = session.client.kind === "tcp" ? `${session.client.host}:${session.client.port}` : "unix:1";
  const protocol =
    session.client.kind !== "tcp" ? "unix_stream" : session.client.host.includes(":") ? "tcpv6" : "tcpv4";
  const where = `fe=${session.frontend} be=${session.backend} srv=${session.server ?? "<none>"}`;
  const sides = `rq[i=0,total=${session.bytesIn}] rp[i=0,total=${session.bytesOut}] state=${session.state}`;
  return `0x${session.id.toString(16)}: proto=${protocol} src=${source} ${where} ts=00 epoch=0 age=${age} calls=1 rate=0 cpu=0 lat=0 ${sides} exp= rc=0 c_exp=\n`;
}

function sessionDetails(session: SessionStats): string {
  const server = session.serverAddress === null ? "" : ` addr=${addressText(session.serverAddress)}`;
  return [
    `0x${session.id.toString(16)}: [${logDate(session.startedAt)}] id=${session.id} source=${addressText(session.client)}`,
    `  state=${session.state} age=${session.ageMs}ms`,
    `  frontend=${session.frontend} (mode=tcp), addr=${addressText(session.frontendAddress)}`,
    `  backend=${session.backend} (mode=tcp)`,
    `  server=${session.server ?? "<NONE>"}${server}`,
    `  req=(total=${session.bytesIn})`,
    `  res=(total=${session.bytesOut})`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}
