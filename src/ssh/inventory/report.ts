/** What the inventory tells: its rows gathered by software, by algorithm, and by what an administrator wants to know. */
import type {
  SshAlgorithmKind,
  SshAlgorithmReport,
  SshFinding,
  SshPlaceReport,
  SshReport,
  SshSoftwareReport,
  SshSummary,
} from "../public.ts";
import { dayOf } from "./day-counts.ts";
import { Findings } from "./findings.ts";
import { algorithmKinds } from "./kept-offer.ts";
import { otherName } from "./place.ts";
import type { Row } from "./row.ts";

/** A place and its rows. */
export interface ReportedPlace {
  readonly name: string;
  readonly rows: Iterable<Row>;
}

/** Algorithms that a place tells by name, of each kind; the rarest are one together. */
const mostAlgorithms = 64;

/** What rows are gathered into. */
type Growing<One> = { -readonly [Field in keyof One]: One[Field] extends object ? Growing<One[Field]> : One[Field] };

/** A step for each kind of algorithms of each row. `withAlgorithms`: otherwise the report has none of these, which cost most. */
export function* gatherReport(
  places: { readonly clients: Iterable<ReportedPlace>; readonly servers: Iterable<ReportedPlace> },
  at: number,
  sinceAt: number | null,
  withAlgorithms = true,
): Generator<undefined, SshReport> {
  const findings = new Findings();
  let firstAt: number | null = null;
  const gathered = { client: [] as SshPlaceReport[], server: [] as SshPlaceReport[] };
  for (const [side, all] of [
    ["client", places.clients],
    ["server", places.servers],
  ] as const) {
    for (const { name, rows } of all) {
      const place = new GatheredPlace(name);
      for (const row of rows) {
        firstAt = Math.min(firstAt ?? row.firstAt, row.firstAt);
        const sessions = sinceAt === null ? row.days.total : row.lastAt < sinceAt ? 0 : row.days.since(dayOf(sinceAt));
        yield;
        if (sessions === 0) continue;
        place.addSoftware(row, sessions);
        if (withAlgorithms) yield* place.addAlgorithms(row, sessions);
        findings.add(side, name, row, sessions);
      }
      if (place.sessions > 0) gathered[side].push(place.report());
    }
  }
  const frontends = gathered.client.sort(byName);
  return {
    at,
    sinceAt,
    firstAt,
    sessions: frontends.reduce((sum, { sessions }) => sum + sessions, 0),
    frontends,
    servers: gathered.server.sort(byName),
    findings: findings.report(),
  };
}

function byName(one: SshPlaceReport, other: SshPlaceReport): number {
  return one.name < other.name ? -1 : 1;
}

class GatheredPlace {
  readonly #name: string;
  readonly #software = new Map<string, Growing<SshSoftwareReport>>();
  readonly #algorithms = new Map<SshAlgorithmKind, Map<string, Growing<SshAlgorithmReport>>>();
  sessions = 0;

  constructor(name: string) {
    this.#name = name;
    for (const kind of algorithmKinds) this.#algorithms.set(kind, new Map());
  }

  *addAlgorithms(row: Row, sessions: number): Iterable<undefined> {
    for (const [kind, algorithms] of this.#algorithms) {
      const chosen = row.choice?.names?.[kind] ?? [];
      for (const name of row.offer?.names[kind] ?? []) algorithmOf(algorithms, kind, name, row).offered += sessions;
      for (const name of chosen) algorithmOf(algorithms, kind, name, row).chosen += sessions;
      yield;
    }
  }

  addSoftware(row: Row, sessions: number): void {
    this.sessions += sessions;
    const { software, version, firstAt, lastAt, verdict, choice } = row;
    const key = `${software}\n${version}`;
    let one = this.#software.get(key);
    if (one === undefined) {
      const offered = { mlkem: 0, otherPostQuantum: 0, classical: 0, unknown: 0 };
      const chosen = { postQuantum: 0, classical: 0, strict: 0, terrapin: 0 };
      this.#software.set(key, (one = { software, version, sessions: 0, firstAt, lastAt, offered, chosen }));
    }
    one.sessions += sessions;
    one.firstAt = Math.min(one.firstAt, firstAt);
    one.lastAt = Math.max(one.lastAt, lastAt);
    one.offered[verdict?.exchange ?? "unknown"] += sessions;
    if (choice === null) return;
    one.chosen[choice.isPostQuantum ? "postQuantum" : "classical"] += sessions;
    if (choice.isStrict) one.chosen.strict += sessions;
    if (choice.isTerrapin) one.chosen.terrapin += sessions;
  }

  report(): SshPlaceReport {
    const { sessions } = this;
    const software = [...this.#software.values()].sort((a, b) => b.sessions - a.sessions);
    const algorithms = [...this.#algorithms.values()].flatMap(mostFrequent);
    return { name: this.#name, sessions, software, algorithms };
  }
}

function algorithmOf(
  algorithms: Map<string, Growing<SshAlgorithmReport>>,
  kind: SshAlgorithmKind,
  name: string,
  { firstAt, lastAt }: Row,
): Growing<SshAlgorithmReport> {
  let one = algorithms.get(name);
  if (one === undefined) algorithms.set(name, (one = { kind, name, offered: 0, chosen: 0, firstAt, lastAt }));
  one.firstAt = Math.min(one.firstAt, firstAt);
  one.lastAt = Math.max(one.lastAt, lastAt);
  return one;
}

/** Those that were chosen first. */
function mostFrequent(algorithms: ReadonlyMap<string, SshAlgorithmReport>): readonly SshAlgorithmReport[] {
  const sorted = [...algorithms.values()].sort((a, b) => b.chosen - a.chosen || b.offered - a.offered);
  const [first, ...rest] = sorted.splice(mostAlgorithms);
  if (first === undefined) return sorted;
  const folded = { ...first, name: otherName };
  for (const one of rest) {
    folded.offered = Math.max(folded.offered, one.offered);
    folded.chosen = Math.max(folded.chosen, one.chosen);
    folded.firstAt = Math.min(folded.firstAt, one.firstAt);
    folded.lastAt = Math.max(folded.lastAt, one.lastAt);
  }
  return [...sorted, folded];
}

/** How many kinds of software, wherever they are. */
function softwareIn(all: readonly Pick<SshFinding, "software" | "version">[]): number {
  return new Set(all.map(({ software, version }) => `${software}\n${version}`)).size;
}

/** A report in few figures. */
export function summaryOf({ sessions, frontends, servers, findings }: SshReport): SshSummary {
  const chosen = frontends.flatMap((one) => one.software.map((software) => software.chosen));
  const { without } = findings;
  return {
    sessions,
    clients: softwareIn(frontends.flatMap((one) => one.software)),
    servers: servers.length,
    postQuantumSessions: chosen.reduce((sum, { postQuantum }) => sum + postQuantum, 0),
    classicalSessions: chosen.reduce((sum, { classical }) => sum + classical, 0),
    warnedClients: softwareIn(findings.warnedClients),
    clientsWithoutPostQuantum: softwareIn(findings.clientsWithoutPostQuantum),
    serversWithoutMlkem: new Set(findings.serversWithoutMlkem.map(({ place }) => place)).size,
    serversWithoutPostQuantum: new Set(findings.serversWithoutPostQuantum.map(({ place }) => place)).size,
    lockedOut: {
      sshRsa: softwareIn(without.sshRsa.clients),
      sha1: softwareIn(without.sha1.clients),
      cbc: softwareIn(without.cbc.clients),
    },
  };
}
