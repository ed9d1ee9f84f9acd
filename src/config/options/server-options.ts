/** Options of `server`, `default-server` and `server-template` lines (manual, 5.2). */
import { isWeight } from "../../plan/server.ts";
import { isIP } from "node:net";
import { Complaint } from "../text/complaint.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import { parseSource } from "../addresses/source.ts";
import { choice, integer, maybeText, text, time } from "../row/value.ts";
import { serverHealthRows } from "./server-checks.ts";
import { count, delay, flag, serverWarning, type ServerLine } from "./server-rows.ts";
import { serverHttpRows } from "./server-http.ts";
import { serverStartupRows } from "./server-startups.ts";
import { serverSshRows } from "./server-ssh.ts";
import { serverTlsRows } from "./server-tls.ts";

const { works, idle, refused } = optionsOf<ServerLine>("server");

const loadRows: readonly OptionRow<ServerLine>[] = [
  works("weight", {
    usage: "<0..256>",
    tier: "A",
    help: "The server's share of sessions.",
    takes: [integer({ name: "weight", missing: "'weight' expects an integer argument." })],
    land(target, [value], line) {
      if (!isWeight(value)) {
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
    hasTimes: true,
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

const nameRows: readonly OptionRow<ServerLine>[] = [
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
        if (one === "allow-dup-ip") settings.resolveOpts = { ...settings.resolveOpts, allowDupIp: true };
        else if (one === "ignore-weight") settings.resolveOpts = { ...settings.resolveOpts, ignoreWeight: true };
        else if (one === "prevent-dup-ip") settings.resolveOpts = { ...settings.resolveOpts, allowDupIp: false };
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

const proxyRows: readonly OptionRow<ServerLine>[] = [
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
    takes: [maybeText()],
    land(target, _values, line) {
      // An empty format is one: later versions of HAProxy send a field without a value.
      if (line.rest[0] === undefined) {
        throw new Complaint("'set-proxy-v2-tlv-fmt' expects a log-format string as argument.", line.keyword);
      }
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

const socketRows: readonly OptionRow<ServerLine>[] = [
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
  works("cc", {
    usage: "<name>",
    tier: "C",
    help: "Congestion control of connections to the server (HAProxy 3.3 and later).",
    takes: [text("'cc' : missing algorithm name")],
    land: ({ settings }, [value]) => void (settings.congestion = value),
  }),
  works("tcp-ut", {
    usage: "<time>",
    hasTimes: true,
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

const value = (
  name: string,
  tier: "C",
  help: string,
  reason: string,
  takes = 1,
  check?: (target: ServerLine, line: OptionLine) => void,
) =>
  idle(name, {
    usage: takes > 0 ? "<value>" : "",
    tier,
    help,
    reason,
    takes,
    ...(check === undefined ? {} : { check }),
  });

const idleRows: readonly OptionRow<ServerLine>[] = [
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
  ...["hash-key", "init-state", "strict-maxconn", "healthcheck", "idle-ping"].map((name) =>
    refused(name, {
      usage: name === "strict-maxconn" ? "" : "<value>",
      tier: "C",
      help: "Of later versions.",
      reason: "rare, and of later versions",
      advice: "remove it",
    }),
  ),
];

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

/** Rows of all options of `server` lines, those about checks and TLS among them. */
export const serverRows: readonly OptionRow<ServerLine>[] = [
  ...serverHealthRows,
  ...serverHttpRows,
  ...serverStartupRows,
  ...loadRows,
  ...nameRows,
  ...proxyRows,
  ...socketRows,
  ...idleRows,
  ...serverTlsRows,
  ...serverSshRows,
];

/** The same by name; one that ends in `(` is found by what stands before its parentheses. */
export const serverOptions: ReadonlyMap<string, OptionRow<ServerLine>> = new Map(
  serverRows.map((row) => [row.name, row]),
);
