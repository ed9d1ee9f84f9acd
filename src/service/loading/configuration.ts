/** From file names to a checked plan, with the command line's own wishes worked in; and what `-c` says about it. */
import { hostname } from "node:os";
import { type Diagnostic, Diagnostics, formatDiagnostics } from "../../config/text/diagnostics.ts";
import { type ConfigurationFile, findNamed, loadFiles, readNamedFile } from "../../config/text/files.ts";
import { refuseLibcSockets } from "../../config/finish/libc-sockets.ts";
import { refuseUnheededTls } from "../../config/finish/unheeded-tls.ts";
import { tellOfLoops } from "../../config/finish/loops.ts";
import { resolveNames } from "../../config/finish/first-names.ts";
import { askLibc, type NameAsker } from "../../system/names.ts";
import { readConfiguration } from "../../config/text/read.ts";
import { hasListener, machineContext, noListenerText, plan as resolvePlan } from "../../config/finish/plan.ts";
import type { Environment } from "../../config/text/statement.ts";
import { toBytes } from "../../config/text/text-bytes.ts";
import { inheritedEnvironment } from "../../config/text/environment.ts";
import { openPasswordCheck } from "../runtime/passwords.ts";
import { readServerStates, type SavedServerStates } from "./state-file.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { Plan } from "../../plan/plan.ts";
import { checkJson } from "../../cli/operator/check-json.ts";
import type { Terminal } from "../../cli/terminal.ts";
import type { Options } from "../../cli/options.ts";

const machineFiles = { readFile: readNamedFile, find: findNamed };

/** The environment that a configuration sees: what the process inherited, and what HAProxy adds. A copy, so that a reload starts afresh. */
export function configurationEnvironment(options: Options, inherited = process.env): Environment {
  const environment = inheritedEnvironment(inherited);
  environment.set("HAPROXY_LOCALPEER", toBytes(options.localPeer ?? hostname()));
  environment.set("HAPROXY_CFGFILES", toBytes(options.files.join(";")));
  if (options.masterWorker) environment.set("HAPROXY_MWORKER", "1");
  return environment;
}

/** A configuration that has been read: its files and, when it may run, its plan with what state files say of its servers. */
export interface Configuration {
  readonly files: readonly ConfigurationFile[];
  readonly plan: Plan | null;
  readonly states: SavedServerStates;
  readonly hasWarnings: boolean;
  /** All that was found, in the order in which it was. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads and checks files with the command line's wishes, as far as nobody has to be asked: names of hosts are still names. Null when it
 * must not run; `diagnostics` says why.
 */
export async function readUnresolved(
  options: Options,
  files: readonly ConfigurationFile[],
  diagnostics: Diagnostics,
  inherited = process.env,
): Promise<Plan | null> {
  const environment = configurationEnvironment(options, inherited);
  const sections = readConfiguration(files, environment, diagnostics);
  const localPeer = options.localPeer ?? hostname();
  const { canVerify } = await openPasswordCheck();
  const context = machineContext(environment, machineFiles, localPeer, canVerify);
  const resolved = resolvePlan(sections, diagnostics, context);
  if (resolved === null) return null;
  const plan = withOptions(resolved, options);
  const why = withoutLibcSockets(plan);
  if (why !== null) refuseLibcSockets(plan, diagnostics, why);
  if (process.versions["deno"] !== undefined) refuseUnheededTls(plan, diagnostics, "Deno's");
  return plan;
}

/**
 * Reads, checks, looks names up and tells the operator everything that is wrong. The plan is null when it must not run.
 *
 * `given`: files that have been read already (`forward`, a daemon's child); null: the options' files are read now. `inherited`: the environment.
 */
export async function readPlan(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  terminal: Pick<Terminal, "report" | "alert">,
  inherited = process.env,
): Promise<Configuration> {
  const diagnostics = new Diagnostics();
  const files = given ?? loadFiles(options.files, diagnostics);
  let plan: Plan | null = null;
  let states: SavedServerStates = new Map();
  if (files !== null) {
    plan = await readUnresolved(options, files, diagnostics, inherited);
    if (plan !== null) {
      states = readServerStates(plan);
      const hasLast = (backend: string, server: string): boolean =>
        (states.get(`${backend}/${server}`)?.host ?? null) !== null;
      const known = new Map<string, readonly string[]>();
      const resolve: NameAsker = async (host, family) => {
        const found = await askLibc(host, family);
        known.set(host, [...(known.get(host) ?? []), ...found]);
        return found;
      };
      plan = await resolveNames(plan, diagnostics, resolve, hasLast);
      if (plan !== null)
        tellOfLoops(plan, diagnostics, options.isForward ? "alert" : "notice", (host) => known.get(host) ?? []);
    }
  }
  const text = formatDiagnostics(diagnostics.all, process.pid, options.diagnose);
  if (text !== "") terminal.report(text);
  const refused = diagnostics.refused || plan === null;
  const refusesWarnings = options.warningsAreErrors || plan?.global.zeroWarning === true;
  if (!refused && refusesWarnings && diagnostics.hasWarnings) {
    terminal.alert("config : Some warnings were found and 'zero-warning' is set. Aborting.");
    return { files: files ?? [], plan: null, states, hasWarnings: true, diagnostics: diagnostics.all };
  }
  return {
    files: files ?? [],
    plan: refused ? null : plan,
    states,
    hasWarnings: diagnostics.hasWarnings,
    diagnostics: diagnostics.all,
  };
}

/** Why the runtime's own sockets will serve, as far as that is known before they do; null: libc's may. */
function withoutLibcSockets({ global }: Plan): string | null {
  if (!global.epoll) return "noepoll or -de switches off";
  return process.platform === "linux" && process.versions["bun"] !== undefined ? null : "cannot be had here";
}

/** The command line wins over the file. */
function withOptions(plan: Plan, options: Options): Plan {
  const { global } = plan;
  const frontends =
    options.proxyMaxconn === null
      ? plan.frontends
      : plan.frontends.map((one) => (one.maxconn === 0 ? { ...one, maxconn: options.proxyMaxconn ?? 0 } : one));
  const backends = options.ignoreUnresolved ? plan.backends.map(withoutResolution) : plan.backends;
  return {
    ...plan,
    frontends,
    backends,
    global: {
      ...global,
      maxconn: options.maxconn ?? global.maxconn,
      pidfile: options.pidfile ?? global.pidfile,
      splice: global.splice && !options.noSplice,
      epoll: global.epoll && !options.noEpoll,
      daemon: (global.daemon || options.daemon) && !options.foreground && !options.debug,
      masterWorker: global.masterWorker || options.masterWorker,
    },
  };
}

/** `-dr`: a server whose name does not resolve starts without an address. */
function withoutResolution(backend: BackendPlan): BackendPlan {
  const servers = backend.servers.map((one) =>
    one.initAddr.includes("none") ? one : Object.assign({}, one, { initAddr: [...one.initAddr, "none"] }),
  );
  return { ...backend, servers };
}

/** `-c`: says the verdict as HAProxy 2.6 does and gives the exit code. */
export async function checkConfiguration(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  terminal: Terminal,
): Promise<number> {
  const { plan, hasWarnings } = await readPlan(options, given, terminal);
  if (plan === null) return 1;
  const say = options.quiet ? (): void => {} : terminal.print;
  if (hasWarnings) say("Warnings were found.\n");
  if (options.verbose) {
    for (const { keyword, reason, position } of plan.global.withoutEffect) {
      say(`[${position.file}:${position.line}] '${keyword}' has no effect here: ${reason}\n`);
    }
  }
  if (!hasListener(plan)) {
    say(`${noListenerText}\n`);
    return 2;
  }
  say("Configuration file is valid\n");
  return 0;
}

/** `check --json`: prints what `-c` finds as one object, and gives the exit code of `-c`. */
export async function checkAsJson(options: Options, { print }: Pick<Terminal, "print">): Promise<number> {
  const more: Diagnostic[] = [];
  const alert = (text: string): void => void more.push({ level: "alert", text, pointer: null, advice: null });
  const read = await readPlan(options, null, { report: () => {}, alert });
  const { plan, files } = read;
  const diagnostics = [...read.diagnostics, ...more];
  const code = plan === null ? 1 : hasListener(plan) ? 0 : 2;
  const withoutEffect = plan?.global.withoutEffect ?? [];
  print(checkJson({ files: files.map(({ name }) => name), diagnostics, withoutEffect, code }, options.diagnose));
  return code;
}
