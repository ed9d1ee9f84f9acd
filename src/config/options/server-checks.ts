/** Options of `server` lines about its health: checks, agents, observation, tracking (manual, 5.2). */
import { isIPv6 } from "node:net";
import type { ServerAddress } from "../../plan/server.ts";
import { parseAddress, serverAddress } from "../addresses/address.ts";
import { Complaint } from "../text/complaint.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import { choice, integer, text } from "../row/value.ts";
import { delay, flag, interval, positive, serverWarning, type ServerLine } from "./server-rows.ts";

const { works } = optionsOf<ServerLine>("server");

const checkRows: readonly OptionRow<ServerLine>[] = [
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
    usage: "none|layer4|layer7",
    tier: "B",
    help: "Watches live traffic for failures.",
    takes: [text("'observe' expects <mode> as argument.")],
    land({ settings, isHttp }, [mode], line) {
      const word = line.rest[0] ?? null;
      if (mode === "layer7" && !isHttp) {
        // HAProxy calls it an alert, but goes on.
        serverWarning(line, "'layer7' can only be used in http proxies..");
        return;
      }
      if (mode !== "none" && mode !== "layer4" && mode !== "layer7") {
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

const agentRows: readonly OptionRow<ServerLine>[] = [
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
      // It has no port beside it: all of `::1` is the address.
      if (isIPv6(value)) {
        settings.agentAddress = { kind: "tcp", host: value, isName: false, family: null, port: null, portOffset: 0 };
        return;
      }
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
    hasTimes: true,
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

/** Rows about health. */
export const serverHealthRows: readonly OptionRow<ServerLine>[] = [...checkRows, ...agentRows];
