/** Looks a configuration over, as it stands on this machine: what it says, what it needs, and whom it leads to. Changes nothing. */
import type { DoctorRequest } from "../../cli/doctor.ts";
import { defaultOptions } from "../../cli/options.ts";
import { clockMs } from "../../clock.ts";
import { resolveNames } from "../../config/finish/first-names.ts";
import { tellOfLoops } from "../../config/finish/loops.ts";
import { isMissingTimeouts } from "../../config/finish/audit/audit.ts";
import { isAboutDates } from "../../config/tls/certificate.ts";
import { type Diagnostic, Diagnostics } from "../../config/text/diagnostics.ts";
import { type ConfigurationFile, loadFiles } from "../../config/text/files.ts";
import { hasListener, noListenerText } from "../../config/finish/plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { type SshEntrance, sshEntrances } from "../../ssh/entrances.ts";
import { askLibc, type NameAsker } from "../../system/names.ts";
import { readUnresolved } from "../loading/configuration.ts";
import { portHolder } from "../runtime/port-holder.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Answer, askServers } from "./answers.ts";
import { askBaseUrl, examineBaseUrl, examineEntrances, type VerifiedUrl, verifyBaseUrl } from "./base-url.ts";
import { examineCertificates } from "./certificates.ts";
import { examineClock } from "./machine/clock.ts";
import { examineDescriptors } from "./machine/descriptors.ts";
import type { Examined } from "./examined.ts";
import { type Finding, inOrder } from "./finding.ts";
import { examineHostKeys, examinePins } from "./host-keys.ts";
import { runningProcess } from "./machine/own-process.ts";
import { examinePorts } from "./machine/ports.ts";
import { examineRights } from "./machine/rights.ts";
import { examineAnswers } from "./servers.ts";
import { examineTimeouts } from "./timeouts.ts";

/** All that was found. */
export interface Examination {
  /** As they were named. */
  readonly files: readonly string[];
  /** The process that serves them now; null: none is seen. */
  readonly running: number | null;
  /** None where the configuration cannot be read. */
  readonly entrances: readonly SshEntrance[];
  readonly baseUrl: VerifiedUrl | null;
  readonly answers: readonly Answer[];
  /** In the order in which they are told. */
  readonly findings: readonly Finding[];
  readonly totalMs: number;
}

/** Never rejects but for a fault of our own; takes no longer than the request's time and a second. */
export async function examine(
  request: DoctorRequest,
  runtime: Pick<Runtime, "transport" | "clockState">,
): Promise<Examination> {
  const startedAt = clockMs();
  const diagnostics = new Diagnostics();
  const files = loadFiles(request.files, diagnostics) ?? [];
  const options = { ...defaultOptions, files: request.files };
  const draft = files.length === 0 ? null : await readUnresolved(options, files, diagnostics);
  const addressesOf = onceEach(withinTime(askLibc, request.timeoutMs / 2));
  const plan = draft === null ? null : await resolved(draft, diagnostics, addressesOf);
  const said = diagnostics.all.flatMap(findingOf);
  const running = runningProcess(files.map(({ name }) => name));
  const nothing = { files: request.files, running, entrances: [], baseUrl: null, answers: [] };
  if (plan === null) return { ...nothing, findings: inOrder(said), totalMs: clockMs() - startedAt };
  const examined: Examined = {
    plan,
    files,
    transport: runtime.transport,
    deadlineAt: startedAt + request.timeoutMs,
    health: request.health,
    addressesOf,
    holderOf: portHolder,
    running,
  };
  const found = await examineAll(examined, request, files, runtime.clockState?.() ?? null);
  const findings = inOrder([...said, ...noListener(plan, files), ...found.findings]);
  return { ...nothing, ...found, findings, totalMs: clockMs() - startedAt };
}

async function examineAll(
  examined: Examined,
  { baseUrl }: DoctorRequest,
  files: readonly ConfigurationFile[],
  clock: "synchronised" | "free" | null,
): Promise<Pick<Examination, "entrances" | "baseUrl" | "answers" | "findings">> {
  const { plan } = examined;
  // First, so that no probe finds a socket that is being tried.
  const ports = await examinePorts(examined);
  const [answers, behind] = await Promise.all([
    askServers(examined),
    baseUrl === null ? [] : askBaseUrl(baseUrl, examined),
  ]);
  const verified = baseUrl === null ? null : verifyBaseUrl(baseUrl, behind, answers);
  const entrances = sshEntrances(plan);
  const findings = [
    ...ports,
    ...examineRights(examined),
    ...examineDescriptors(examined),
    ...examineTimeouts(examined),
    ...examineCertificates(examined),
    ...examineClock(files, clock),
    ...examineAnswers(answers, files),
    ...examineHostKeys(answers),
    ...examinePins(answers),
    ...examineEntrances(entrances, baseUrl),
    ...(verified === null ? [] : examineBaseUrl(verified, examined, answers)),
  ];
  return { entrances, baseUrl: verified, answers, findings };
}

/** Names of servers may stay: whether they lead anywhere is seen when they are asked. */
async function resolved(draft: Plan, diagnostics: Diagnostics, addressesOf: NameAsker): Promise<Plan> {
  const backends = draft.backends.map((one) => ({ ...one, servers: [] }));
  const known = new Map<string, readonly string[]>();
  const ask: NameAsker = async (host, family) => {
    const found = await addressesOf(host, family);
    known.set(host, [...(known.get(host) ?? []), ...found]);
    return found;
  };
  const others = await resolveNames({ ...draft, backends }, diagnostics, ask);
  const names = draft.backends.flatMap(({ servers }) =>
    servers.flatMap(({ address }) => (address.kind === "tcp" && address.isName ? [address] : [])),
  );
  await Promise.all(names.map(({ host, family }) => ask(host, family)));
  const plan = others === null ? draft : { ...others, backends: withServers(others.backends, draft.backends) };
  tellOfLoops(plan, diagnostics, "alert", (host) => known.get(host) ?? []);
  return plan;
}

function withServers(backends: Plan["backends"], drafts: Plan["backends"]): Plan["backends"] {
  return backends.map((one, index) => ({ ...one, servers: drafts[index]?.servers ?? [] }));
}

/** A name is asked for by several that look it over. */
function onceEach(ask: NameAsker): NameAsker {
  const known = new Map<string, Promise<readonly string[]>>();
  return (host, family) => {
    const key = `${host} ${family ?? ""}`;
    const asking = known.get(key) ?? ask(host, family);
    known.set(key, asking);
    return asking;
  };
}

/** libc waits as long as it likes for a name server. */
function withinTime(ask: NameAsker, ms: number): NameAsker {
  return async (host, family) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<readonly string[]>((resolve) => (timer = setTimeout(() => resolve([]), ms)));
    const found = await Promise.race([ask(host, family), late]);
    clearTimeout(timer);
    return found;
  };
}

/** What is said when the files are read; time-outs and certificates are looked over here, and told with what to do. */
function findingOf(diagnostic: Diagnostic): readonly Finding[] {
  const { level, text, advice } = diagnostic;
  if (level === "diag" || isMissingTimeouts(diagnostic) || isAboutDates(diagnostic)) return [];
  const severity = level === "alert" ? "error" : level === "warning" ? "warning" : "note";
  const what = [text, ...(advice === null ? [] : [advice])].join("\n").replaceAll(/\s*\n\s*(?:\|\s*)?/g, "; ");
  return [{ severity, id: "configuration", what, position: null, fix: null }];
}

function noListener(plan: Plan, files: readonly ConfigurationFile[]): readonly Finding[] {
  if (hasListener(plan)) return [];
  const [first] = files;
  const position = first === undefined ? null : { file: first.name, line: 1 };
  return [{ severity: "error", id: "no-listener", what: noListenerText, position, fix: "bind :22" }];
}
