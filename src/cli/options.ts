/** HAProxy's own command line, taken as HAProxy takes it: argv in, Options out. */
import { nearest } from "../config/text/suggestion.ts";
import { parseHealthAddress } from "../ops/health/health-endpoint.ts";
import { wrongHealthName } from "../ops/health/host-check.ts";
import { wordTable } from "../word-table.ts";

/** What the command line asks for. Numbers are checked; files are not opened yet. */
export interface Options {
  /** In order: `-f` and what follows `--`. Files or folders. */
  readonly files: readonly string[];
  readonly check: boolean;
  /** `-cc`: the condition to evaluate. */
  readonly condition: string | null;
  readonly version: "short" | "long" | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** `-d`: foreground, more talk. `-db`: foreground. */
  readonly debug: boolean;
  readonly foreground: boolean;
  readonly daemon: boolean;
  readonly masterWorker: boolean;
  /** `-Ws`: tell $NOTIFY_SOCKET as well. */
  readonly systemd: boolean;
  /** `-S`: addresses of master command sockets, with their options after commas. */
  readonly masterSockets: readonly string[];
  readonly pidfile: string | null;
  /** `-n`: replaces the global maxconn. `-N`: the default of proxies. */
  readonly maxconn: number | null;
  readonly proxyMaxconn: number | null;
  readonly memoryMb: number | null;
  /** `-C`: where to go before files are read. */
  readonly directory: string | null;
  /** `-L`. */
  readonly localPeer: string | null;
  /** `-dW`: a warning is an error. */
  readonly warningsAreErrors: boolean;
  /** `-dD`. */
  readonly diagnose: boolean;
  /** `-dS`. */
  readonly noSplice: boolean;
  /** `-de`. */
  readonly noEpoll: boolean;
  /** `-dr`: a server whose name does not resolve does not stop the start. */
  readonly ignoreUnresolved: boolean;
  /** `-dK`: list the keywords, all of them whatever classes are named. */
  readonly dumpKeywords: boolean;
  readonly oldPids: { readonly signal: "SIGUSR1" | "SIGTERM"; readonly pids: readonly number[] } | null;
  /** `--health` or FAIRLEAD_HEALTH, an address or "off": null when not given. */
  readonly health: string | null;
  /** `--health-name` and FAIRLEAD_HEALTH_NAMES: names besides its own by which it may be asked. */
  readonly healthNames: readonly string[];
  /** `forward`: a server that is its own listener is an error, and what is forwarded is told. */
  readonly isForward: boolean;
}

/** A command line that cannot be taken; `text` is for the operator, or null when the usage says it all. */
export interface UsageError {
  readonly text: string | null;
}

type Draft = { -readonly [Name in keyof Options]: Options[Name] };

const nothing: Options = {
  files: [],
  check: false,
  condition: null,
  version: null,
  quiet: false,
  verbose: false,
  debug: false,
  foreground: false,
  daemon: false,
  masterWorker: false,
  systemd: false,
  masterSockets: [],
  pidfile: null,
  maxconn: null,
  proxyMaxconn: null,
  memoryMb: null,
  directory: null,
  localPeer: null,
  warningsAreErrors: false,
  diagnose: false,
  noSplice: false,
  noEpoll: false,
  ignoreUnresolved: false,
  dumpKeywords: false,
  oldPids: null,
  health: null,
  healthNames: [],
  isForward: false,
};

/** Options as an empty command line would give them, for commands that run without HAProxy's flags. */
export const defaultOptions: Options = nothing;

/** Flags that stand alone. */
const switches = wordTable<(draft: Draft) => void>({
  "-c": (draft) => (draft.check = true),
  "-v": (draft) => (draft.version ??= "short"),
  "-vv": (draft) => (draft.version = "long"),
  "-q": (draft) => (draft.quiet = true),
  "-V": (draft) => (draft.verbose = true),
  "-VV": (draft) => (draft.verbose = true),
  "-d": (draft) => (draft.debug = true),
  "-db": (draft) => (draft.foreground = true),
  "-D": (draft) => (draft.daemon = true),
  "-W": (draft) => (draft.masterWorker = true),
  "-Ws": (draft) => (draft.masterWorker = draft.systemd = true),
  "-dW": (draft) => (draft.warningsAreErrors = true),
  "-dD": (draft) => (draft.diagnose = true),
  "-dS": (draft) => (draft.noSplice = true),
  "-de": (draft) => (draft.noEpoll = true),
  "-dr": (draft) => (draft.ignoreUnresolved = true),
});

/**
 * Flags that choose among mechanisms this program does not have (pollers, memory poisoning, TLS, …): taken, with no
 * effect. `-dM`, `-dI`, `-dK` and their like may carry a value in the same word.
 */
const withoutEffect = /^-(?:dp|dk|dG|dR|dL|dV|dZ|dC.*|dF|dI.*|dM.*|dt.*|da|4|6)$/;

/** Flags that take the next word. */
const valued = wordTable<(draft: Draft, value: string) => string | null>({
  "-f": (draft, value) => keep(() => (draft.files = [...draft.files, value])),
  "-cc": (draft, value) => keep(() => (draft.condition = value)),
  "-p": (draft, value) => keep(() => (draft.pidfile = value)),
  "-C": (draft, value) => keep(() => (draft.directory = value)),
  "-L": (draft, value) => keep(() => (draft.localPeer = value)),
  "-S": (draft, value) => keep(() => (draft.masterSockets = [...draft.masterSockets, value])),
  // Listening sockets are never handed over here: -sf and SO_REUSEPORT do the same work.
  "-x": () => null,
  "-n": (draft, value) => count(value, "-n", (number) => (draft.maxconn = number)),
  "-N": (draft, value) => count(value, "-N", (number) => (draft.proxyMaxconn = number)),
  "-m": (draft, value) => count(value, "-m", (number) => (draft.memoryMb = number)),
  "--health": (draft, value) => {
    draft.health = value;
    const wrong = wrongHealth(value, false);
    return wrong === null ? null : `'--health' ${wrong}`;
  },
  "--health-name": (draft, value) => {
    draft.healthNames = [...draft.healthNames, value];
    const wrong = wrongHealthName(value);
    return wrong === null ? null : `'--health-name' ${wrong}`;
  },
});

/** Flags that take the next word, or what follows `=` in their own. */
export const valuedFlags: readonly string[] = [...valued.keys()];

/** Every flag by name, for suggestions. */
export const flags: readonly string[] = [
  ...switches.keys(),
  ...valued.keys(),
  ..."-dp -dG -dR -dL -dV -dM -dI -dK -sf -st --help --version".split(" "),
];

/** What is wrong with the address of a health endpoint, to listen on or to ask at; null when nothing is. */
export function wrongHealth(text: string, isAsked: boolean): string | null {
  const address = parseHealthAddress(text);
  if (address !== null && !(isAsked && (address === "off" || address.port === 0))) return null;
  return `expects ${isAsked ? "HOST:PORT or PORT" : "HOST:PORT, PORT or off"}, not '${text}'`;
}

/**
 * Takes a command line apart; the program's own name is not in `argv`. Touches nothing outside.
 *
 * `commands` are words that may have been meant by an unknown flag.
 */
export function parseOptions(argv: readonly string[], commands: readonly string[] = []): Options | UsageError {
  const draft: Draft = { ...nothing };
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") {
      draft.files = [...draft.files, ...words.splice(0)];
      break;
    }
    const error = takeFlag(draft, word, words, commands);
    if (error !== null) return { text: error };
  }
  return draft;
}

/** One flag with its values from `rest`; what is wrong with it, or null. */
function takeFlag(draft: Draft, word: string, rest: string[], commands: readonly string[]): string | null {
  const alone = switches.get(word);
  if (alone !== undefined) {
    alone(draft);
    return null;
  }
  if (word === "-sf" || word === "-st") return takePids(draft, word, rest);
  if (word.startsWith("-dK")) {
    draft.dumpKeywords = true;
    return null;
  }
  if (withoutEffect.test(word)) return null;
  const joined = /^(--[a-z-]+)=(.*)$/s.exec(word);
  const flag = joined?.[1] ?? word;
  const take = valued.get(flag);
  if (take !== undefined) {
    const value = joined?.[2] ?? rest.shift();
    if (value === undefined || value === "") return `'${flag}' needs a value`;
    return take(draft, value);
  }
  if (commands.includes(word)) return `the command '${word}' comes first, and takes none of the flags before it here`;
  const near = nearest(word, flags) ?? nearest(word.replace(/^-+/, ""), commands);
  const kind = word.startsWith("-") ? "option" : "argument";
  if (kind === "argument" && near === null && /[./]/.test(word))
    return `unknown argument '${word}'; a file is named after -f: -f ${word}`;
  return `unknown ${kind} '${word}'${near === null ? "" : `; did you mean '${near}' maybe ?`}`;
}

function takePids(draft: Draft, flag: "-sf" | "-st", rest: string[]): string | null {
  const pids: number[] = [];
  while (rest.length > 0 && !rest[0]?.startsWith("-")) {
    const word = rest.shift() ?? "";
    const pid = Number(word);
    // kill(0) and kill(-1) would reach our own group or everybody.
    if (!Number.isSafeInteger(pid) || pid <= 0) return `'${flag}' expects process ids, not '${word}'`;
    pids.push(pid);
  }
  draft.oldPids = { signal: flag === "-sf" ? "SIGUSR1" : "SIGTERM", pids };
  return null;
}

function count(value: string, flag: string, set: (number: number) => void): string | null {
  if (!/^\d{1,9}$/.test(value)) return `'${flag}' expects a number, not '${value}'`;
  set(Number(value));
  return null;
}

/** Stores a value that needs no check. */
function keep(store: () => void): null {
  store();
  return null;
}
