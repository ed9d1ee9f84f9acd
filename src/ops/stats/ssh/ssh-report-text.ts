/** `show ssh report`: who speaks what over SSH, in words for an administrator. */
import type {
  SshAlgorithmReport,
  SshFinding,
  SshFindings,
  SshLockedOut,
  SshPlaceReport,
  SshReport,
  SshSoftwareReport,
} from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

/** The report, a line a step. */
export function* sshReportText(report: SshReport): Rows {
  const { at, sinceAt, firstAt, sessions, frontends, servers, findings } = report;
  const known = firstAt === null ? "none yet" : `first seen ${dayText(firstAt)}`;
  const since = sinceAt === null ? "" : `, counted from ${dayText(sinceAt)} on`;
  yield `SSH at ${timeText(at)} UTC: ${countText(sessions)}, ${known}${since}\n`;
  for (const place of frontends) yield* placeRows(`Clients of ${place.name}`, place);
  for (const place of servers) yield* placeRows(`Server ${place.name}`, place);
  yield* findingRows(findings);
}

function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, "2026-01-01".length);
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, "2026-01-01T00:00".length).replace("T", " ");
}

const columns = ["software", "sessions", "offers", "post-quantum", "strict kex", "terrapin", "first seen", "last seen"];

function* placeRows(title: string, { sessions, software, algorithms }: SshPlaceReport): Rows {
  yield `\n${title}, ${countText(sessions)}\n`;
  const rows = [columns, ...software.map(softwareCells)];
  const widths = columns.map((_, at) => rows.reduce((most, cells) => Math.max(most, cells[at]?.length ?? 0), 0));
  for (const cells of rows)
    yield `  ${cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd()}\n`;
  for (const [kind, name] of kinds)
    yield* algorithmRows(
      name,
      algorithms.filter((one) => one.kind === kind),
    );
}

function softwareCells({ software, version, sessions, offered, chosen, firstAt, lastAt }: SshSoftwareReport): string[] {
  const both = chosen.postQuantum + chosen.classical;
  const of = (part: number): string =>
    both === 0 ? "-" : part === both ? "all" : part === 0 ? "none" : `${part} of ${both}`;
  const offers = [
    ["ML-KEM", offered.mlkem],
    ["sntrup", offered.otherPostQuantum],
    ["classical", offered.classical],
    ["nothing", offered.unknown],
  ] as const;
  const told = offers.filter(([, part]) => part > 0);
  return [
    nameText(software, version),
    String(sessions),
    told.map(([name, part]) => (told.length === 1 ? name : `${name} ${part}`)).join(", "),
    of(chosen.postQuantum),
    of(chosen.strict),
    of(chosen.terrapin),
    dayText(firstAt),
    timeText(lastAt),
  ];
}

function countText(sessions: number): string {
  return `${sessions} ${sessions === 1 ? "session" : "sessions"}`;
}

function nameText(software: string, version: string): string {
  return version === "" ? software : `${software} ${version}`;
}

const kinds = [
  ["kex", "key exchange"],
  ["hostkey", "host key"],
  ["cipher", "cipher"],
  ["mac", "MAC"],
  ["compression", "compression"],
] as const;

function* algorithmRows(kind: string, algorithms: readonly SshAlgorithmReport[]): Rows {
  if (algorithms.length === 0) return;
  const chosen = algorithms.filter((one) => one.chosen > 0).map((one) => `${one.name} ${one.chosen}`);
  const others = algorithms.filter((one) => one.chosen === 0).map((one) => one.name);
  yield `  ${kind}: ${chosen.length === 0 ? "none chosen" : `chosen ${chosen.join(", ")}`}\n`;
  if (others.length > 0) yield `    offered as well: ${others.join(", ")}\n`;
}

/** What an administrator wants to know, line by line; what belongs to a line stands further in. */
export function* findingRows(findings: SshFindings): Rows {
  const { without } = findings;
  yield "\nWho would be locked out, for offering nothing else\n";
  yield* lockedOutRows("without ssh-rsa", without.sshRsa);
  yield* lockedOutRows("without SHA-1", without.sha1);
  yield* lockedOutRows("without CBC", without.cbc);
  yield "\nPost-quantum key exchange\n";
  const isNone = new Set(findings.serversWithoutPostQuantum.map(keyOf));
  yield* listRows("servers that offer no ML-KEM", findings.serversWithoutMlkem, (one) =>
    isNone.has(keyOf(one)) ? ", and no other post-quantum key exchange" : "",
  );
  yield* listRows("clients that warn their users (OpenSSH 10.1 and later)", findings.warnedClients);
  yield* listRows("clients that offer none", findings.clientsWithoutPostQuantum);
}

function keyOf({ place, software, version }: SshFinding): string {
  return `${place}\n${software}\n${version}`;
}

function* lockedOutRows(title: string, { clients, servers }: SshLockedOut): Rows {
  yield* listRows(`${title}: clients`, clients);
  if (servers.length > 0) yield* listRows(`${title}: servers, which could not be reached any more`, servers);
}

function* listRows(title: string, findings: readonly SshFinding[], note: (one: SshFinding) => string = nothing): Rows {
  yield `  ${title}: ${findings.length === 0 ? "none" : findings.length}\n`;
  for (const one of findings) {
    const { place, software, version, sessions, lastAt } = one;
    yield `    ${place}: ${nameText(software, version)}, ${countText(sessions)}, last seen ${timeText(lastAt)}${note(one)}\n`;
  }
}

function nothing(): string {
  return "";
}
