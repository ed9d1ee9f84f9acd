/** Options of `server`, `default-server` and `server-template` lines (manual, 5.2). */
import { isIP } from "node:net";
import { parseAddress, serverAddress } from "../address.ts";
import { Complaint } from "../complaint.ts";
import type { ServerAddress } from "../../plan.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../options.ts";
import type { ServerTarget } from "../server-target.ts";
import { parseSource } from "../source.ts";
import { choice, integer, maybeText, text, time, type TimeMessages, type WordSchema } from "../value.ts";
import { serverTlsRows } from "./server-tls.ts";

const { works, idle, refused } = optionsOf<ServerTarget>("server");

/** Times of servers have messages of their own, with the server's name: `%s` stands for it. */
function delay(name: string, missing: string, called = name, least = 0): WordSchema {
  const messages: TimeMessages = {
    missing,
    fault: (fault, word) =>
      fault.kind === "character"
        ? `unexpected character '${fault.character}' in '${called}' argument of server %s.`
        : `timer overflow in argument <${word}> to <${name}> of server %s, maximum value is 2147483647 ms (~24.8 days).`,
    min: { value: least, message: `invalid value 0 for argument '${name}' of server %s.` },
  };
  return time(messages);
}

const interval = (
  name: "inter" | "fastinter" | "downinter",
  set: (target: ServerTarget, value: number) => void,
  help: string,
) =>
  works(name, {
    usage: "<time>",
    tier: "A",
    help,
    takes: [delay(name, `'${name}' expects a delay as argument.`, "agent-inter", 1)],
    land(target, [value]) {
      set(target, Number(value));
    },
  });

const count = (name: string, help: string, tier: "A" | "B" | "C", set: (target: ServerTarget, value: number) => void) =>
  works(name, {
    usage: "<number>",
    tier,
    help,
    takes: [integer({ name, missing: `'${name}' expects an integer argument.` })],
    land(target, [value]) {
      set(target, Math.max(0, value));
    },
  });

const positive = (name: string, says: string) =>
  integer({
    name,
    missing: `'${name}' expects an integer argument.`,
    unreadable: () => `${says} has to be > 0.`,
    min: { value: 1, message: () => `${says} has to be > 0.` },
  });

const flag = (name: string, tier: "A" | "B" | "C", help: string, set: (target: ServerTarget) => void) =>
  works(name, {
    tier,
    help,
    takes: [],
    land(target) {
      set(target);
    },
  });

const checkRows: readonly OptionRow<ServerTarget>[] = [
  flag("check", "A", "Checks the server's health.", ({ settings }) => (settings.check = true)),
  flag("no-check", "B", "Turns `check` of default-server off.", ({ settings }) => (settings.check = false)),
  interval("inter", ({ settings }, value) => (settings.interMs = value), "Time between two checks."),
  interval("fastinter", ({ settings }, value) => (settings.fastInterMs = value), "The same while the state changes."),
  interval("downinter", ({ settings }, value) => (settings.downInterMs = value), "The same while the server is down."),
  works("rise", {
    usage: "<count>",
    tier: "A",
    help: "Good checks in a row until the server is up.",
    takes: [positive("rise", "'rise'")],
    land: ({ settings }, [value]) => void (settings.rise = value),
  }),
  works("fall", {
    usage: "<count>",
    tier: "A",
    help: "Failed checks in a row until the server is down.",
    takes: [positive("fall", "'fall'")],
    land: ({ settings }, [value]) => void (settings.fall = value),
  }),
  works("port", {
    usage: "<port>",
    tier: "A",
    help: "Port that checks connect to.",
    takes: [
      integer({
        name: "port",
        missing: "'port' expects a port number as argument.",
        max: { value: 65_535, message: (value) => `invalid port '${value}'` },
        min: { value: 0, message: (value) => `invalid port '${value}'` },
      }),
    ],
    land: ({ settings }, [value]) => void (settings.checkPort = value === 0 ? null : value),
  }),
  works("addr", {
    usage: "<address>[:<port>]",
    tier: "A",
    help: "Address that checks connect to.",
    takes: [text("'addr' expects <ipv4|ipv6> as argument.")],
    land({ settings }, _values, line) {
      settings.checkAddress = checkTarget(line, "'addr' : ");
    },
  }),
  flag("check-send-proxy", "B", "Sends a PROXY header in checks too.", ({ settings }) => {
    settings.checkSendProxy = true;
  }),
  flag("no-check-send-proxy", "B", "Turns `check-send-proxy` off.", ({ settings }) => {
    settings.checkSendProxy = false;
  }),
  works("observe", {
    usage: "none|layer4",
    tier: "B",
    help: "Watches live traffic for failures.",
    takes: [text("'observe' expects <mode> as argument.")],
    land({ settings }, [mode], line) {
      const word = line.rest[0] ?? null;
      if (mode === "layer7") {
        // HAProxy calls it an alert, but goes on.
        serverWarning(line, "'layer7' can only be used in http proxies..");
        return;
      }
      if (mode !== "none" && mode !== "layer4") {
        throw new Complaint(`'observe' expects one of 'none', 'layer4', 'layer7' but got '${mode}'`, word);
      }
      settings.observe = mode === "none" ? null : mode;
    },
  }),
  works("error-limit", {
    usage: "<count>",
    tier: "B",
    help: "Failures seen by `observe` until `on-error` acts.",
    takes: [positive("error-limit", "error-limit")],
    land: ({ settings }, [value]) => void (settings.errorLimit = value),
  }),
  works("on-error", {
    usage: "fastinter|fail-check|sudden-death|mark-down",
    tier: "B",
    help: "What too many observed failures do.",
    takes: [
      choice(
        ["fastinter", "fail-check", "sudden-death", "mark-down"],
        (got) => `'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' but got '${got}'`,
      ),
    ],
    land: ({ settings }, [value]) => void (settings.onError = value),
  }),
  works("on-marked-down", {
    usage: "shutdown-sessions",
    tier: "A",
    help: "Ends the server's sessions when it goes down.",
    takes: [choice(["shutdown-sessions"], (got) => `'on-marked-down' expects 'shutdown-sessions' but got '${got}'`)],
    land: ({ settings }, [value]) => void (settings.onMarkedDown = value),
  }),
  works("on-marked-up", {
    usage: "shutdown-backup-sessions",
    tier: "A",
    help: "Ends sessions on backup servers when the server comes up.",
    takes: [
      choice(
        ["shutdown-backup-sessions"],
        (got) => `'on-marked-up' expects 'shutdown-backup-sessions' but got '${got}'`,
      ),
    ],
    land: ({ settings }, [value]) => void (settings.onMarkedUp = value),
  }),
  works("track", {
    usage: "[<backend>/]<server>",
    tier: "B",
    help: "Copies another server's state.",
    takes: [text("'track' expects [<proxy>/]<server> as argument.")],
    land: ({ settings }, [value]) => void (settings.track = value),
  }),
];

const agentRows: readonly OptionRow<ServerTarget>[] = [
  flag("agent-check", "B", "Asks an agent for weight and state.", ({ settings }) => (settings.agentCheck = true)),
  flag("no-agent-check", "B", "Turns `agent-check` off.", ({ settings }) => (settings.agentCheck = false)),
  works("agent-port", {
    usage: "<port>",
    tier: "B",
    help: "The agent's port.",
    takes: [integer({ name: "agent-port", missing: "'agent-port' expects a port number as argument." })],
    land: ({ settings }, [value]) => void (settings.agentPort = value),
  }),
  works("agent-addr", {
    usage: "<address>",
    tier: "B",
    help: "The agent's address; the server's when not given.",
    takes: [text("'agent-addr' expects an address as argument.")],
    land({ settings }, [value], line) {
      try {
        settings.agentAddress = checkTarget(line, "");
      } catch (error) {
        if (!(error instanceof Complaint)) throw error;
        throw new Complaint(`parsing agent-addr failed. Check if '${value}' is correct address.`, error.word);
      }
    },
  }),
  works("agent-inter", {
    usage: "<time>",
    tier: "B",
    help: "Time between two questions to the agent.",
    takes: [delay("agent-inter", "'agent-inter' expects a delay as argument.", "agent-inter", 1)],
    land: ({ settings }, [value]) => void (settings.agentInterMs = Number(value)),
  }),
  works("agent-send", {
    usage: "<text>",
    tier: "B",
    help: "What is sent to the agent first.",
    takes: [text("'agent-send' expects a string as argument.")],
    land: ({ settings }, [value]) => void (settings.agentSend = value),
  }),
];

const loadRows: readonly OptionRow<ServerTarget>[] = [
  works("weight", {
    usage: "<0..256>",
    tier: "A",
    help: "The server's share of sessions.",
    takes: [integer({ name: "weight", missing: "'weight' expects an integer argument." })],
    land(target, [value], line) {
      if (value < 0 || value > 256) {
        throw new Complaint(`weight of server %s is not within 0 and 256 (${value}).`, line.rest[0] ?? null);
      }
      target.settings.weight = value;
    },
  }),
  count("maxconn", "Sessions at once on the server; more wait in its queue.", "A", ({ settings }, value) => {
    settings.maxconn = value;
  }),
  count("minconn", "The same under low load (see fullconn).", "B", ({ settings }, value) => {
    settings.minconn = value;
  }),
  count("maxqueue", "Sessions that may wait for the server.", "B", ({ settings }, value) => {
    settings.maxqueue = value;
  }),
  works("slowstart", {
    usage: "<time>",
    tier: "B",
    help: "Time over which a server that came up gets its full share.",
    takes: [delay("slowstart", "unexpected character ''", "slowstart")],
    land: ({ settings }, [value]) => void (settings.slowstartMs = Number(value)),
  }),
  flag("backup", "A", "Used only when all other servers are down.", ({ settings }) => (settings.backup = true)),
  flag("no-backup", "B", "Turns `backup` off.", ({ settings }) => (settings.backup = false)),
  flag("disabled", "B", "Starts in maintenance.", ({ settings }) => (settings.disabled = true)),
  flag("enabled", "B", "Turns `disabled` off.", ({ settings }) => (settings.disabled = false)),
  flag("non-stick", "C", "Never stored in stick tables.", ({ settings }) => (settings.nonStick = true)),
  flag("stick", "C", "Turns `non-stick` off.", ({ settings }) => (settings.nonStick = false)),
  works("id", {
    usage: "<number>",
    tier: "C",
    help: "The server's number in statistics and stick tables.",
    takes: [
      integer({
        name: "id",
        missing: "'id' : expects an integer argument",
        unreadable: () => "'id' : custom id has to be > 0",
        min: { value: 1, message: () => "'id' : custom id has to be > 0" },
      }),
    ],
    land(target, [value], line) {
      if (target.isDefault) serverWarning(line, "'id' option is not accepted in default-server sections");
      else target.id = value;
    },
  }),
];

const nameRows: readonly OptionRow<ServerTarget>[] = [
  works("init-addr", {
    usage: "last|libc|none|<ip>[,…]",
    tier: "A",
    help: "How the name is resolved at start, in order.",
    takes: [maybeText()],
    land({ settings }, [value], line) {
      settings.initAddr = initAddresses(value, line);
    },
  }),
  works("resolvers", {
    usage: "<name>",
    tier: "B",
    help: "The resolvers section that follows the name.",
    takes: [maybeText()],
    land(target, [value], line) {
      target.settings.resolvers = value;
      target.resolversWord = line.rest[0] ?? line.keyword;
    },
  }),
  works("resolve-prefer", {
    usage: "ipv4|ipv6",
    tier: "B",
    help: "Which family of addresses is preferred.",
    takes: [choice(["ipv4", "ipv6"], () => "'resolve-prefer' expects either ipv4 or ipv6 as argument.")],
    land: ({ settings }, [value]) => void (settings.resolvePrefer = value === "ipv4" ? 4 : 6),
  }),
  works("resolve-opts", {
    usage: "allow-dup-ip|ignore-weight|prevent-dup-ip[,…]",
    tier: "B",
    help: "How answers are used.",
    takes: [maybeText()],
    land({ settings }, [value], line) {
      for (const one of value.split(",").filter((part) => part !== "")) {
        if (one === "allow-dup-ip") settings.resolveOpts.allowDupIp = true;
        else if (one === "ignore-weight") settings.resolveOpts.ignoreWeight = true;
        else if (one === "prevent-dup-ip")
          settings.resolveOpts = { ...settings.resolveOpts, allowDupIp: false, preventDupIp: true };
        else {
          throw new Complaint(
            `'resolve-opts' : unknown resolve-opts option '${one}', supported methods are 'allow-dup-ip', 'ignore-weight', and 'prevent-dup-ip'.`,
            line.rest[0] ?? null,
          );
        }
      }
    },
  }),
  works("resolve-net", {
    usage: "<network>[,…]",
    tier: "B",
    help: "Networks that answers are preferred from.",
    takes: [text("'resolve-net' expects a list of networks.")],
    land({ settings }, [value], line) {
      settings.resolveNet = value.split(",").map((net) => {
        const [host = "", bits] = net.split("/");
        const version = isIP(host);
        const most = version === 4 ? 32 : 128;
        if (version === 0 || (bits !== undefined && !(Number(bits) >= 0 && Number(bits) <= most))) {
          throw new Complaint(`'resolve-net' invalid network '${net}'.`, line.rest[0] ?? null);
        }
        return `${host}/${bits ?? most}`;
      });
    },
  }),
];

const proxyRows: readonly OptionRow<ServerTarget>[] = [
  flag("send-proxy", "A", "Sends a PROXY header, version 1.", ({ settings }) => (settings.sendProxy.v1 = true)),
  flag("send-proxy-v2", "A", "Sends a PROXY header, version 2.", ({ settings }) => (settings.sendProxy.v2 = true)),
  flag("send-proxy-v2-ssl", "C", "The same, with what is known of TLS.", ({ settings }) => {
    settings.sendProxy = { ...settings.sendProxy, v2: true, ssl: true };
  }),
  flag("send-proxy-v2-ssl-cn", "C", "The same, with the certificate's name.", ({ settings }) => {
    settings.sendProxy = { ...settings.sendProxy, v2: true, ssl: true, sslCn: true };
  }),
  flag("no-send-proxy", "B", "Turns `send-proxy` off.", ({ settings }) => (settings.sendProxy.v1 = false)),
  flag("no-send-proxy-v2", "B", "Turns `send-proxy-v2` off.", ({ settings }) => (settings.sendProxy.v2 = false)),
  flag("no-send-proxy-v2-ssl", "C", "Turns `send-proxy-v2-ssl` off.", ({ settings }) => {
    settings.sendProxy = { ...settings.sendProxy, v2: false, ssl: false };
  }),
  flag("no-send-proxy-v2-ssl-cn", "C", "Turns `send-proxy-v2-ssl-cn` off.", ({ settings }) => {
    settings.sendProxy = { ...settings.sendProxy, v2: false, ssl: false, sslCn: false };
  }),
  works("proxy-v2-options", {
    usage: "ssl|cert-cn|ssl-cipher|cert-sig|cert-key|authority|crc32c|unique-id[,…]",
    tier: "C",
    help: "Further fields of a PROXY header, version 2.",
    takes: [maybeText()],
    land({ settings }, [value], line) {
      for (const one of value.split(",")) {
        const option = v2Options.find((known) => known === one);
        if (option === undefined) {
          throw new Complaint(`'${one}' : proxy v2 option not implemented`, line.rest[0] ?? line.keyword);
        }
        if (!settings.proxyV2Options.includes(option)) settings.proxyV2Options.push(option);
      }
    },
  }),
  works("set-proxy-v2-tlv-fmt(", {
    usage: "<type>) <format>",
    tier: "C",
    help: "A field of one's own in a PROXY header, version 2.",
    takes: [text("'set-proxy-v2-tlv-fmt' expects a log-format string as argument.")],
    land(target, _values, line) {
      const type = Number(/\((.*)\)$/.exec(line.keyword.text)?.[1] ?? Number.NaN);
      if (!Number.isInteger(type) || type < 0 || type > 255) {
        throw new Complaint(
          "'set-proxy-v2-tlv-fmt' : failed to parse TLV type: it is a number from 0 to 255",
          line.keyword,
        );
      }
      target.settings.tlvs.push({ type, format: target.parseFormat(line, "set-proxy-v2-tlv-fmt") });
    },
  }),
];

const v2Options = [
  ...(["ssl", "cert-cn", "ssl-cipher", "cert-sig", "cert-key"] as const),
  ...(["authority", "crc32c", "unique-id"] as const),
];

const socketRows: readonly OptionRow<ServerTarget>[] = [
  works("source", {
    usage: "<address>[:<port>] [usesrc <address>|client|clientip] [interface <name>]",
    tier: "B",
    help: "Local address of connections to the server.",
    takes: [
      text(
        "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as argument.",
      ),
    ],
    land(target, _values, line) {
      const { source, taken } = parseSource(line, "server");
      target.settings.source = source;
      return taken - 1;
    },
  }),
  works("usesrc", {
    usage: "<address>|client|clientip",
    tier: "B",
    help: "Part of `source`: whose address connections to the server come from.",
    takes: [],
    land(_target, _values, line) {
      throw new Complaint("'usesrc' only allowed after a 'source' statement.", line.keyword);
    },
  }),
  works("tcp-ut", {
    usage: "<time>",
    tier: "B",
    help: "How long sent data may stay unacknowledged (TCP_USER_TIMEOUT).",
    takes: [
      time({
        missing: "'tcp-ut' : missing TCP User Timeout value",
        fault: () => "'tcp-ut' : expects a positive delay in milliseconds",
      }),
    ],
    land: ({ settings }, [value]) => void (settings.userTimeoutMs = value),
  }),
  flag("tfo", "C", "TCP Fast Open towards the server.", ({ settings }) => (settings.fastOpen = true)),
  flag("no-tfo", "C", "Turns `tfo` off.", ({ settings }) => (settings.fastOpen = false)),
  refused("namespace", {
    usage: "<name>",
    tier: "C",
    help: "Connects in another network namespace.",
    reason: "a process stays in its namespace",
    advice: "start the process with `ip netns exec`",
  }),
  refused("socks4", {
    usage: "<address>:<port>",
    tier: "C",
    help: "Connects through a SOCKS4 proxy.",
    reason: "connections go straight to the server",
    advice: "remove it",
  }),
  refused("check-via-socks4", {
    tier: "C",
    help: "Checks through a SOCKS4 proxy.",
    reason: "connections go straight to the server",
    advice: "remove it",
  }),
];

/** A message about an option that HAProxy goes on after. */
function serverWarning(line: OptionLine, text: string): void {
  const { statement, draft, keyword } = line;
  draft.diagnostics.add({
    level: "warning",
    text: `[${statement.file}:${statement.line}] : ${text}`,
    pointer: { source: statement.source, column: keyword.column, length: keyword.length },
    advice: null,
  });
}

const value = (
  name: string,
  tier: "C",
  help: string,
  reason: string,
  takes = 1,
  check?: (target: ServerTarget, line: OptionLine) => void,
) =>
  idle(name, {
    usage: takes > 0 ? "<value>" : "",
    tier,
    help,
    reason,
    takes,
    ...(check === undefined ? {} : { check }),
  });

const httpOnly = "it is for mode http";

const idleRows: readonly OptionRow<ServerTarget>[] = [
  value("cookie", "C", "Cookie that names the server.", httpOnly, 1, ({ settings }, line) => {
    if ((line.rest[0]?.text ?? "") === "") {
      throw new Complaint("'cookie' expects <value> as argument.", line.keyword);
    }
    settings.cookie = true;
  }),
  value("redir", "C", "Redirects instead of proxying.", httpOnly, 1, ({ settings }, line) => {
    if ((line.rest[0]?.text ?? "") === "") {
      throw new Complaint("'redir' expects <prefix> as argument.", line.keyword);
    }
    settings.redir = true;
  }),
  value("max-reuse", "C", "Requests per connection.", httpOnly),
  value("pool-low-conn", "C", "Idle connections to keep.", httpOnly),
  value("pool-max-conn", "C", "Idle connections to keep at most.", httpOnly, 1, (_target, line) => {
    if (Number.parseInt(line.rest[0]?.text ?? "", 10) < -1) {
      throw new Complaint("'pool-max-conn' must be >= -1", line.rest[0] ?? null);
    }
  }),
  value("pool-purge-delay", "C", "When idle connections are closed.", httpOnly),
  value("ws", "C", "HTTP version for WebSocket.", httpOnly, 1, (_target, line) => {
    if (!["auto", "h1", "h2"].includes(line.rest[0]?.text ?? "")) {
      throw new Complaint("'ws' has to be 'auto', 'h1' or 'h2'", line.rest[0] ?? line.keyword);
    }
  }),
  value("check-proto", "C", "HTTP version of checks.", "checks speak HTTP/1"),
  value("log-proto", "C", "Framing of log lines.", "for the servers of a ring section", 1, (_target, line) => {
    const got = line.rest[0]?.text ?? "";
    if (got !== "legacy" && got !== "octet-count") {
      throw new Complaint(
        `'log-proto' expects one of 'legacy' or 'octet-count' but got '${got}'`,
        line.rest[0] ?? line.keyword,
      );
    }
  }),
  value("guid", "C", "A mark for statistics.", "not shown here"),
  value("shard", "C", "Spreads peers' tables.", "tables are not exchanged with peers"),
  refused("proto", {
    usage: "<name>",
    tier: "C",
    help: "HTTP version towards the server.",
    reason: httpOnly,
    advice: "remove it: bytes are passed through as they are",
  }),
  ...["hash-key", "init-state", "strict-maxconn", "healthcheck", "idle-ping", "cc"].map((name) =>
    refused(name, {
      usage: name === "strict-maxconn" ? "" : "<value>",
      tier: "C",
      help: "Of later versions.",
      reason: "rare, and of later versions",
      advice: "remove it",
    }),
  ),
];

/** The address a check or agent goes to; names are looked up at run time. */
function checkTarget(line: OptionLine, prefix: string): ServerAddress {
  const word = line.rest[0] ?? line.keyword;
  const rule = { port: "optional", range: false, offset: false, descriptor: false, datagram: false } as const;
  try {
    return serverAddress(parseAddress(word, rule, line.draft.context.environment));
  } catch (error) {
    if (error instanceof Complaint) throw new Complaint(prefix + error.message, error.word, error.advice);
    throw error;
  }
}

function initAddresses(value: string, line: OptionLine): string[] {
  const methods: string[] = [];
  for (const one of value.split(",").filter((part) => part !== "")) {
    const word = line.rest[0] ?? null;
    if (["last", "libc", "none"].includes(one)) {
      methods.push(one);
    } else if (isIP(one) !== 0) {
      if (methods.some((method) => isIP(method) !== 0)) {
        throw new Complaint(`'init-addr' : initial address already specified, cannot add '${one}'.`, word);
      }
      methods.push(one);
    } else {
      throw new Complaint(
        `'init-addr' : unknown init-addr method '${one}', supported methods are 'libc', 'last', 'none'.`,
        word,
      );
    }
  }
  return methods;
}

export const serverRows: readonly OptionRow<ServerTarget>[] = [
  ...checkRows,
  ...agentRows,
  ...loadRows,
  ...nameRows,
  ...proxyRows,
  ...socketRows,
  ...idleRows,
  ...serverTlsRows,
];

export const serverOptions: ReadonlyMap<string, OptionRow<ServerTarget>> = new Map(
  serverRows.map((row) => [row.name, row]),
);
