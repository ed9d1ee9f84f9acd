/** Our own commands (citty), next to HAProxy's flags: argv and environment to what is to be done. */
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { type Form, isGiven, valuesOf, wrongWord } from "./command-words.ts";
import { forwardConfiguration } from "./forward.ts";
import { init, keywords, type OperatorIntent, reload, top } from "./operator/commands.ts";
import { defaultOptions, flags, type Options, parseOptions, wrongHealth } from "./options.ts";
import { type SocketPlace, socketArgs, socketPlace } from "./ask-socket.ts";
import { type MaintenanceWish, maintenanceWish } from "./maintenance.ts";
import { type SshReportWish, wrongSince } from "./ssh-report.ts";
import { type DoctorRequest, doctorRequest } from "./doctor.ts";
import { type ProbeRequest, probeRequest } from "./probe.ts";
import { nearest } from "../config/text/suggestion.ts";
import { wrongHealthName } from "../ops/health/host-check.ts";
import { commandLines } from "./usage.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What a command line asks for. */
export type Intent =
  /** `text`: the configuration itself, when it does not come from files. */
  | { readonly kind: "run"; readonly options: Options; readonly text: string | null }
  | { readonly kind: "help"; readonly text: string | null }
  | { readonly kind: "healthcheck"; readonly address: string | null; readonly path: "/healthz" | "/readyz" }
  | { readonly kind: "status"; readonly address: string | null; readonly json: boolean }
  | { readonly kind: "maintenance"; readonly wish: MaintenanceWish; readonly place: SocketPlace }
  | { readonly kind: "ssh-report"; readonly wish: SshReportWish; readonly place: SocketPlace }
  | { readonly kind: "probe"; readonly request: ProbeRequest }
  | { readonly kind: "doctor"; readonly request: DoctorRequest }
  | { readonly kind: "check-json"; readonly options: Options }
  | OperatorIntent
  | { readonly kind: "version" }
  /** `text` null: the usage alone. */
  | { readonly kind: "usage"; readonly text: string | null };

const health = { type: "string", valueHint: "ADDR|off", description: "the health endpoint (127.0.0.1:8404)" } as const;

const forward = defineCommand({
  meta: { name: "forward", description: "Forward a port without a configuration file" },
  args: {
    listen: {
      type: "positional",
      required: false,
      description: "where to listen: 22, :22, 127.0.0.1:2222, /path/socket",
    },
    server: {
      type: "positional",
      required: false,
      description: "where to: host:port; several are balanced by leastconn",
    },
    "send-proxy": { type: "boolean", description: "send a PROXY protocol header to the server" },
    "accept-proxy": { type: "boolean", description: "expect a PROXY protocol header from clients" },
    maxconn: { type: "string", valueHint: "N", description: "most connections at once" },
    de: { type: "boolean", alias: "de", description: "serve by Bun's own sockets on Linux, too" },
    health,
    "health-name": {
      type: "string",
      valueHint: "NAME",
      description: "a name by which its page may be asked for; may be repeated",
    },
  },
  run: ({ args, rawArgs }) =>
    forwardIntent(
      args._,
      { ...args, de: isGiven("-de", rawArgs) || isGiven("--de", rawArgs) },
      valuesOf(["--health-name"], rawArgs),
    ),
});

const check = defineCommand({
  meta: { name: "check", description: "Say whether configuration files are valid" },
  args: {
    file: { type: "positional", required: false, description: "a file, or a folder of *.cfg files" },
    config: { type: "string", alias: "f", valueHint: "FILE", description: "the same; may be repeated" },
    verbose: { type: "boolean", alias: "V", description: "also name what has no effect here" },
    json: { type: "boolean", description: "what is said as JSON, on stdout" },
  },
  run: ({ args, rawArgs }): Intent => {
    const files = [...valuesOf(["--config", "-f"], rawArgs), ...args._];
    if (files.length === 0)
      return {
        kind: "usage",
        text: "'check' expects at least one file, like: fairlead check /etc/haproxy/haproxy.cfg",
      };
    const options = { ...defaultOptions, files, check: true, verbose: args.verbose === true };
    return args.json === true ? { kind: "check-json", options } : { kind: "run", options, text: null };
  },
});

const healthcheck = defineCommand({
  meta: { name: "healthcheck", description: "Ask a running process whether it serves: exit 0 or 1" },
  args: { health, ready: { type: "boolean", description: "ask whether it is ready for traffic (/readyz)" } },
  run: ({ args }): Intent =>
    asking(args.health, {
      kind: "healthcheck",
      address: args.health ?? null,
      path: args.ready ? "/readyz" : "/healthz",
    }),
});

const status = defineCommand({
  meta: { name: "status", description: "Show frontends, backends and servers of a running process" },
  args: { health, json: { type: "boolean", description: "as JSON" } },
  run: ({ args }): Intent =>
    asking(args.health, { kind: "status", address: args.health ?? null, json: args.json === true }),
});

const probe = defineCommand({
  meta: { name: "probe", description: "Ask an SSH server who it is: software, algorithms, host keys" },
  args: {
    host: {
      type: "positional",
      required: false,
      description: "host, host:port or [IPv6]:port; port 22 if none is named",
    },
    json: { type: "boolean", description: "as JSON" },
    sshfp: { type: "boolean", description: "the keys as SSHFP records for DNS" },
    "known-hosts": { type: "boolean", description: "the keys as lines for known_hosts" },
    timeout: { type: "string", valueHint: "TIME", description: "for all of it, seconds or with a unit (10s)" },
    "send-proxy": { type: "boolean", description: "send a PROXY protocol header first" },
  },
  run: ({ args }): Intent => {
    const request = probeRequest(args._, {
      json: args.json === true,
      sshfp: args.sshfp === true,
      knownHosts: args["known-hosts"] === true,
      timeout: args.timeout ?? null,
      sendProxy: args["send-proxy"] === true,
    });
    return typeof request === "string" ? { kind: "usage", text: `'probe': ${request}` } : { kind: "probe", request };
  },
});

const doctor = defineCommand({
  meta: { name: "doctor", description: "Look over a configuration on this machine, its servers and its SSH base URL" },
  args: {
    config: { type: "string", alias: "f", valueHint: "FILE", description: "a file or folder; may be repeated" },
    "base-url": { type: "string", valueHint: "URL", description: "the SSH base URL: does it lead here?" },
    json: { type: "boolean", description: "as JSON" },
    timeout: { type: "string", valueHint: "TIME", description: "for all of it, seconds or with a unit (10s)" },
  },
  run: ({ args, rawArgs }): Intent => {
    const request = doctorRequest({
      files: valuesOf(["--config", "-f"], rawArgs),
      baseUrl: args["base-url"] ?? null,
      json: args.json === true,
      timeout: args.timeout ?? null,
    });
    return typeof request === "string" ? { kind: "usage", text: `'doctor': ${request}` } : { kind: "doctor", request };
  },
});

const maintenance = defineCommand({
  meta: { name: "maintenance", description: "Refuse new sessions of a proxy with a text, or end that" },
  args: {
    proxy: {
      type: "positional",
      required: false,
      description: "a frontend, backend or listen; without one, those in maintenance are listed",
    },
    state: { type: "positional", required: false, description: "on or off" },
    text: { type: "positional", required: false, description: "what users read, at most 400 bytes" },
    ...socketArgs,
  },
  run: ({ args }): Intent => {
    const wish = maintenanceWish(args._);
    if (typeof wish === "string") return { kind: "usage", text: `'maintenance': ${wish}` };
    const place = socketPlace(args);
    if (typeof place === "string") return { kind: "usage", text: `'maintenance': ${place}` };
    return { kind: "maintenance", wish, place };
  },
});

const sshReport = defineCommand({
  meta: { name: "ssh-report", description: "Show which SSH clients and servers were seen, and what they can do" },
  args: {
    json: { type: "boolean", description: "as JSON" },
    since: { type: "string", valueHint: "TIME", description: "what was seen since then: 7d, 12h, 2026-11-01" },
    ...socketArgs,
  },
  run: ({ args }): Intent => {
    const wish = { json: args.json === true, since: args.since ?? null };
    const place = socketPlace(args);
    const wrong = wrongSince(wish.since) ?? (typeof place === "string" ? place : null);
    if (wrong !== null || typeof place === "string") return { kind: "usage", text: `'ssh-report': ${wrong}` };
    return { kind: "ssh-report", wish, place };
  },
});

// citty's command types differ by their arguments; a table of them needs the common one.
const commands = new Map<string, CommandDef>(
  Object.entries({
    forward,
    init,
    check,
    healthcheck,
    status,
    top,
    reload,
    maintenance,
    "ssh-report": sshReport,
    probe,
    doctor,
    keywords,
  }).map(([name, one]) => [name, one as unknown as CommandDef]),
);

/** The commands that take arguments take any number of them. */
const takesMany: ReadonlySet<string> = new Set(["forward", "check", "maintenance", "probe", "keywords"]);

/** What every command takes, by its name. */
export async function commandForms(): Promise<ReadonlyMap<string, Form>> {
  return new Map(await Promise.all([...commands].map(async ([name, one]) => [name, await formOf(name, one)] as const)));
}

async function formOf(name: string, { args }: CommandDef): Promise<Form> {
  const known = (await (typeof args === "function" ? args() : args)) ?? {};
  return { args: known, mostWords: takesMany.has(name) ? Infinity : 0 };
}

/** The intent, unless there is nothing to ask at that address. */
function asking(health: string | undefined, intent: Intent): Intent {
  const wrong = health === undefined ? null : wrongHealth(health, true);
  return wrong === null ? intent : { kind: "usage", text: `'${intent.kind}': '--health' ${wrong}` };
}

function forwardIntent(
  words: readonly string[],
  args: Record<string, unknown>,
  healthNames: readonly string[] = [],
): Intent {
  const [listen, ...servers] = words;
  if (listen === undefined || servers.length === 0)
    return {
      kind: "usage",
      text: "'forward' expects LISTEN and SERVER, like: fairlead forward :22 bitbucket.example.com:7999",
    };
  const maxconn = typeof args["maxconn"] === "string" ? args["maxconn"] : null;
  const wanted = {
    listen,
    servers,
    acceptProxy: args["accept-proxy"] === true,
    sendProxy: args["send-proxy"] === true,
    maxconn,
  };
  const made = forwardConfiguration(wanted);
  if ("wrong" in made) return { kind: "usage", text: `'forward': ${made.wrong}` };
  const address = typeof args["health"] === "string" ? args["health"] : null;
  const wrong = address === null ? null : wrongHealth(address, false);
  if (wrong !== null) return { kind: "usage", text: `'forward': '--health' ${wrong}` };
  const wrongName = firstWrong(healthNames);
  if (wrongName !== null) return { kind: "usage", text: `'forward': '--health-name' ${wrongName}` };
  return {
    kind: "run",
    options: { ...defaultOptions, health: address, healthNames, noEpoll: args["de"] === true, isForward: true },
    text: made.text,
  };
}

/**
 * Takes a whole command line, HAProxy's flags or a command of our own.
 *
 * Under the name `haproxy` there are no commands: it answers as HAProxy does. Without arguments, FAIRLEAD_LISTEN and
 * FAIRLEAD_SERVER (several separated by spaces or commas) stand for `forward`, and else FAIRLEAD_CONFIG names the file to
 * run as `-W -db -f` would.
 */
export async function takeCommandLine(argv: readonly string[], name: string, environment: Variables): Promise<Intent> {
  const intent = withHealth(await intentOf(argv, name, environment), environment["FAIRLEAD_HEALTH"]);
  return withConfiguration(
    withHealthNames(intent, environment["FAIRLEAD_HEALTH_NAMES"]),
    environment["FAIRLEAD_CONFIG"],
  );
}

/** FAIRLEAD_CONFIG, where the command line does not say what process is to be asked. */
function withConfiguration(intent: Intent, file: string | undefined): Intent {
  if (intent.kind === "doctor" && intent.request.files.length === 0) {
    if (file) return { ...intent, request: { ...intent.request, files: [file] } };
    return { kind: "usage", text: "'doctor' expects -f FILE, like: fairlead doctor -f /etc/haproxy/haproxy.cfg" };
  }
  if (!("place" in intent)) return intent;
  if (intent.place.kind !== "file" || intent.place.file !== "") return intent;
  if (file) return { ...intent, place: { kind: "file", file } };
  return {
    kind: "usage",
    text: `'${intent.kind}' expects --socket SOCKET or -f FILE, which name the process's stats socket`,
  };
}

/** FAIRLEAD_HEALTH_NAMES, separated by spaces or commas, besides those of the command line. */
function withHealthNames(intent: Intent, text: string | undefined): Intent {
  const names = text?.split(/[\s,]+/).filter(Boolean) ?? [];
  if (intent.kind !== "run" || names.length === 0) return intent;
  const wrong = firstWrong(names);
  if (wrong !== null) return { kind: "usage", text: `FAIRLEAD_HEALTH_NAMES ${wrong}` };
  return { ...intent, options: { ...intent.options, healthNames: [...intent.options.healthNames, ...names] } };
}

function firstWrong(healthNames: readonly string[]): string | null {
  return healthNames.map(wrongHealthName).find((wrong) => wrong !== null) ?? null;
}

/** FAIRLEAD_HEALTH, where the command line says nothing of it. */
function withHealth(intent: Intent, health: string | undefined): Intent {
  const isAsking = intent.kind === "healthcheck" || intent.kind === "status";
  if (!health || !(isAsking || intent.kind === "run" || intent.kind === "doctor")) return intent;
  const given = isAsking ? intent.address : intent.kind === "run" ? intent.options.health : null;
  if (given !== null) return intent;
  const wrong = wrongHealth(health, isAsking);
  if (wrong !== null) return { kind: "usage", text: `FAIRLEAD_HEALTH ${wrong}` };
  if (intent.kind === "doctor") return { ...intent, request: { ...intent.request, health } };
  return isAsking ? { ...intent, address: health } : { ...intent, options: { ...intent.options, health } };
}

async function intentOf(argv: readonly string[], name: string, environment: Variables): Promise<Intent> {
  const [first, ...rest] = argv;
  if (first === undefined) return withoutArguments(environment);
  if (name !== "haproxy") {
    if (first === "help" || first === "--help" || first === "-h") return helpIntent(rest);
    if (first === "--version") return rest.length > 0 ? unexpected(first, rest[0]) : { kind: "version" };
    const command = commands.get(first);
    if (command !== undefined) return runOwn(command, first, rest);
    if (!first.startsWith("-")) return unknownCommand(first);
  }
  if (argv.includes("--help")) return { kind: "help", text: null };
  const options = parseOptions(argv, name === "haproxy" ? [] : [...commands.keys(), "help"]);
  if (!("files" in options)) return { kind: "usage", text: options.text };
  if (options.version === null && options.condition === null && options.files.length === 0 && !options.dumpKeywords) {
    return { kind: "usage", text: null };
  }
  if (options.dumpKeywords && options.files.length === 0) {
    return { kind: "keywords", json: false, word: null };
  }
  return { kind: "run", options, text: null };
}

function unexpected(after: string, word = ""): Intent {
  return { kind: "usage", text: `'${after}': unexpected argument '${word}'` };
}

function withoutArguments(environment: Variables): Intent {
  const listen = environment["FAIRLEAD_LISTEN"];
  const servers = environment["FAIRLEAD_SERVER"]?.split(/[\s,]+/).filter(Boolean);
  if (listen === undefined && servers === undefined) {
    const file = environment["FAIRLEAD_CONFIG"];
    return file === undefined || file === ""
      ? { kind: "usage", text: null }
      : {
          kind: "run",
          options: { ...defaultOptions, files: [file], foreground: true, masterWorker: true },
          text: null,
        };
  }
  if (!listen || servers === undefined || servers.length === 0) {
    return { kind: "usage", text: "FAIRLEAD_LISTEN and FAIRLEAD_SERVER must both be set" };
  }
  const given: Record<string, boolean> = {};
  const switches = [
    ["send-proxy", "FAIRLEAD_SEND_PROXY", environment["FAIRLEAD_SEND_PROXY"]],
    ["accept-proxy", "FAIRLEAD_ACCEPT_PROXY", environment["FAIRLEAD_ACCEPT_PROXY"]],
  ] as const;
  for (const [flag, variable, value = ""] of switches) {
    if (!/^(?:|[01]|on|off|yes|no|true|false)$/i.test(value))
      return { kind: "usage", text: `${variable} expects 1 or 0, not '${value}'` };
    given[flag] = /^(?:1|on|yes|true)$/i.test(value);
  }
  return forwardIntent([listen, ...servers], given);
}

function unknownCommand(word: string): Intent {
  const near = nearest(word, [...commands.keys(), "help", ...flags]);
  return { kind: "usage", text: `unknown command '${word}'${near === null ? "" : `; did you mean '${near}' maybe ?`}` };
}

async function helpIntent([topic, ...rest]: readonly string[]): Promise<Intent> {
  if (topic === undefined) return { kind: "help", text: null };
  if (rest.length > 0) return unexpected("help", rest[0]);
  const command = commands.get(topic);
  if (command === undefined) return topic === "help" ? { kind: "help", text: null } : unknownCommand(topic);
  return { kind: "help", text: await commandHelp(command) };
}

async function runOwn(command: CommandDef, name: string, rest: readonly string[]): Promise<Intent> {
  if (rest.includes("--help") || rest.includes("-h")) return { kind: "help", text: await commandHelp(command) };
  const wrong = wrongWord(await formOf(name, command), rest);
  if (wrong !== null) return { kind: "usage", text: `'${name}': ${wrong}` };
  const { result } = await runCommand(command, { rawArgs: [...rest] });
  return result as Intent;
}

/** Without colours: help goes to pipes and pagers as well. */
async function commandHelp(command: CommandDef): Promise<string> {
  const text = await renderUsage(command);
  const meta = (await (typeof command.meta === "function" ? command.meta() : command.meta)) ?? {};
  const line = commandLines.get(meta.name ?? "");
  const plain = text.replaceAll(/\u001b\[[0-9;]*m/g, "");
  return `${line === undefined ? "" : `fairlead ${line}\n\n`}${plain.trimEnd()}\n`;
}
