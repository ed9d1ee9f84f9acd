/** Commands that only look: `show …`, `get …`. */
import type { BackendFigures, ServerFigures, SessionFigures } from "../proxy/face.ts";
import { type Answer, err, info as said } from "./admin-answer.ts";
import type { AdminCommand, AdminSources } from "./admin-commands.ts";
import { infoJson, infoText, infoTyped } from "./info.ts";
import { statsCsv, statsJson, statsTyped } from "./stats-csv.ts";
import { addressText, rowTypes, statsRows, type StatsRow } from "./stats-rows.ts";
import { logDate, singleLine } from "./syslog.ts";
import { wordTable } from "../word-table.ts";

/** `show` and `get` commands. */
export const showCommands: readonly AdminCommand[] = [
  show("backend", "show backend", "list backends in the current running config", "user", (_args, { info }) =>
    ["# name", ...info.face.backends().map((one) => one.name)].map((line) => `${line}\n`).join(""),
  ),
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
    "errors",
    "show errors [<px>]",
    "report last request and response errors (none are captured in TCP)",
    "user",
    ([name], { info }) => {
      const isKnown = [...info.face.frontends(), ...info.face.backends()].some((one) => one.name === name);
      if (name !== undefined && !isKnown) return err("No such proxy.\n");
      return `Total events captured on [${logDate(Date.now())}] : 0\n`;
    },
  ),
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
      const one = info.face
        .backends()
        .find((found) => found.name === backend)
        ?.servers.find((found) => found.name === server);
      return one === undefined ? err("No such server.\n") : `${one.userWeight} (initial ${one.initialWeight})\n`;
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

function showEnvironment([name]: readonly string[], sources: AdminSources): Answer {
  const all = Object.entries(sources.environment()).filter(([, value]) => value !== undefined);
  if (name === undefined) return all.map(([key, value]) => `${singleLine(`${key}=${value}`)}\n`).join("");
  const value = all.find(([key]) => key === name)?.[1];
  return value === undefined ? err("Variable not found\n") : `${singleLine(`${name}=${value}`)}\n`;
}

function showStat(args: readonly string[], sources: AdminSources): string {
  const plan = sources.plan();
  const hasSocketStats = (name: string): boolean => plan.frontends.some((one) => one.name === name && one.socketStats);
  let rows = selectRows(statsRows(sources.info.face, hasSocketStats), args, sources);
  if (args.includes("up")) rows = rows.filter((row) => !/^(?:DOWN|MAINT)/.test(String(row.values.get("status"))));
  if (args.includes("no-maint")) rows = rows.filter((row) => !String(row.values.get("status")).startsWith("MAINT"));
  if (args.includes("json")) return statsJson(rows);
  return args.includes("typed") ? statsTyped(rows) : statsCsv(rows);
}

/** `show stat <iid|name> <type bits> <sid>`: -1 stands for all. Bits: 1 frontends, 2 backends, 4 servers, 8 listeners. */
function selectRows(rows: StatsRow[], args: readonly string[], sources: AdminSources): StatsRow[] {
  const [proxy, type, object] = args;
  if (proxy === undefined || type === undefined || object === undefined || !/^-?\d+$/.test(type)) return rows;
  const { face } = sources.info;
  const named = [...face.frontends(), ...face.backends()].filter((one) => one.name === proxy).map((one) => one.id);
  const ids = /^-?\d+$/.test(proxy) ? [Number(proxy)] : named;
  const bits = Number(type);
  return rows.filter(
    (row) =>
      (ids.some((id) => id < 0) || ids.includes(row.proxyId)) &&
      (bits < 0 || (bits & (1 << rowTypes[row.kind])) !== 0) &&
      (Number(object) < 0 || Number(object) === row.objectId),
  );
}

/** The backends named, all without a name, or null for a name nobody has. */
function chosenBackends([name]: readonly string[], sources: AdminSources): readonly BackendFigures[] | null {
  const all = sources.info.face.backends();
  if (name === undefined) return all.filter((one) => one.servers.length > 0);
  const found = all.filter((one) => one.name === name);
  return found.length === 0 ? null : found;
}

function showServersConn(args: readonly string[], sources: AdminSources): Answer {
  const backends = chosenBackends(args, sources);
  if (backends === null) return err("Can't find backend.\n");
  const threads = sources.info.face.process.threads;
  const head = `# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[${threads}]\n`;
  const idle = Array.from({ length: threads }, () => "0").join(" ");
  const lines = backends.flatMap((backend) =>
    backend.servers.map((server) => {
      const { host, port } = endpointOf(server);
      const ids = `${backend.name}/${server.name} ${backend.id}/${server.id}`;
      return `${ids} ${host} ${port} - 5000 ${server.current} ${server.max} ${server.current} 0 0 -1 0 ${idle}\n`;
    }),
  );
  return head + lines.join("");
}

function endpointOf(server: ServerFigures): { readonly host: string; readonly port: number } {
  const { address } = server;
  if (address === null) return { host: "-", port: 0 };
  return address.kind === "tcp" ? address : { host: addressText(address), port: 0 };
}

const stateColumns =
  "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

/** The format of a server state file, version 1 (manual, "show servers state"). */
function showServersState(args: readonly string[], sources: AdminSources): Answer {
  const backends = chosenBackends(args, sources);
  if (backends === null) return err("Can't find backend.\n");
  const lines = backends.flatMap((backend) =>
    backend.servers.map((server) => `${stateLine(backend, server, sources)}\n`),
  );
  return `1\n# ${stateColumns}\n${lines.join("")}`;
}

/** Check results by HAProxy's numbers, from "unknown" to the external check's. */
const checkStatusNumbers = wordTable<number>({
  UNK: 0,
  INI: 1,
  SOCKERR: 4,
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

const operationalNumbers: Record<ServerFigures["state"], number> = {
  UP: 2,
  "no check": 2,
  DRAIN: 2,
  NOLB: 3,
  DOWN: 0,
  MAINT: 0,
};

function stateLine(backend: BackendFigures, server: ServerFigures, sources: AdminSources): string {
  const plan = sources
    .plan()
    .backends.find((one) => one.name === backend.name)
    ?.servers.find((one) => one.name === server.name);
  const operational = operationalNumbers[server.state];
  const last = server.check?.last ?? null;
  const checkStatus = last === null ? 1 : (checkStatusNumbers.get(last.status) ?? 0);
  const checkResult = last === null ? (server.check === null ? 0 : 1) : last.status.includes("OK") ? 3 : 2;
  // Bits of the check: configured 2, enabled 4.
  const checkState = server.check === null ? 0 : 6;
  const { host, port } = endpointOf(server);
  // A server whose name has no address keeps its port.
  const plannedPort = plan?.address.kind === "tcp" ? plan.address.port : null;
  const checkAddress = plan?.check?.address?.kind === "tcp" ? plan.check.address.host : "-";
  const fields = [
    backend.id,
    backend.name,
    server.id,
    server.name,
    host,
    operational,
    adminBits(server, plan?.disabled === true),
    server.userWeight,
    server.initialWeight,
    server.lastChangeSeconds,
    checkStatus,
    server.check === null ? 0 : checkResult,
    server.check === null ? 2 : server.check.health,
    checkState,
    server.agent === null ? 0 : 6,
    0,
    0,
    server.hostName ?? "-",
    server.address === null ? (plannedPort ?? 0) : port,
    server.service ?? "-",
    0,
    plan?.check?.port ?? 0,
    checkAddress,
    "-",
    plan?.agent?.port ?? 0,
  ];
  return fields.join(" ");
}

/** Forced maintenance 1, inherited 2, `disabled` in the file 4, forced drain 8, inherited 16, no address 32, another name 64. */
function adminBits({ standing, state, stateCause, isRenamed }: ServerFigures, isDisabled: boolean): number {
  const inherited = stateCause.startsWith("via ") ? (state === "DRAIN" ? 16 : 2) : 0;
  return (
    (standing.operatorMaint || standing.configuredMaint || standing.agentMaint ? 1 : 0) |
    inherited |
    (isDisabled ? 4 : 0) |
    (standing.operatorDrain || standing.agentDrain ? 8 : 0) |
    (standing.unresolved ? 32 : 0) |
    (isRenamed ? 64 : 0)
  );
}

function showSessions([id]: readonly string[], sources: AdminSources): string {
  const { face } = sources.info;
  if (id === undefined || id === "all") {
    let text = "";
    for (const session of face.sessions()) text += `${sessionLine(session)}\n`;
    return text;
  }
  const wanted = Number(id);
  for (const session of face.sessions()) {
    if (session.id === wanted) return sessionDetails(session);
  }
  return "Session not found.\n";
}

function sessionLine(session: SessionFigures): string {
  const age = `${Math.floor(session.ageMs / 1000)}s`;
  const source = session.client.kind === "tcp" ? `${session.client.host}:${session.client.port}` : "unix:1";
  const protocol =
    session.client.kind !== "tcp" ? "unix_stream" : session.client.host.includes(":") ? "tcpv6" : "tcpv4";
  const where = `fe=${session.frontend} be=${session.backend} srv=${session.server ?? "<none>"}`;
  const sides = `rq[i=0,total=${session.bytesIn}] rp[i=0,total=${session.bytesOut}] state=${session.state}`;
  return `0x${session.id.toString(16)}: proto=${protocol} src=${source} ${where} ts=00 epoch=0 age=${age} calls=1 rate=0 cpu=0 lat=0 ${sides} exp= rc=0 c_exp=`;
}

function sessionDetails(session: SessionFigures): string {
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
