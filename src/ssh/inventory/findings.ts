/** What an administrator wants to know of the rows of the inventory. */
import type { SshFinding, SshFindings, SshLockedOut } from "../public.ts";
import type { Row } from "./row.ts";
import type { Weaknesses } from "./weaknesses.ts";

type Kind = keyof Weaknesses | "withoutMlkem" | "withoutPostQuantum" | "warned";

type Found = Map<string, { -readonly [Field in keyof SshFinding]: SshFinding[Field] }>;

/** Rows that are found to be so, together by place and software. */
export class Findings {
  readonly #found = { client: newTable(), server: newTable() };

  add(side: "client" | "server", place: string, row: Row, sessions: number): void {
    const table = this.#found[side];
    for (const kind of kindsOf(side, row)) {
      const key = `${place}\n${row.software}\n${row.version}`;
      const { software, version, lastAt } = row;
      const one = table[kind].get(key);
      if (one === undefined) table[kind].set(key, { place, software, version, sessions, lastAt });
      else {
        one.sessions += sessions;
        one.lastAt = Math.max(one.lastAt, lastAt);
      }
    }
  }

  report(): SshFindings {
    const { client, server } = this.#found;
    const lockedOut = (kind: keyof Weaknesses): SshLockedOut => ({
      clients: sorted(client[kind]),
      servers: sorted(server[kind]),
    });
    return {
      without: { sshRsa: lockedOut("sshRsa"), sha1: lockedOut("sha1"), cbc: lockedOut("cbc") },
      serversWithoutMlkem: sorted(server.withoutMlkem),
      serversWithoutPostQuantum: sorted(server.withoutPostQuantum),
      warnedClients: sorted(client.warned),
      clientsWithoutPostQuantum: sorted(client.withoutPostQuantum),
    };
  }
}

function newTable(): { readonly [One in Kind]: Found } {
  return {
    sshRsa: new Map(),
    sha1: new Map(),
    cbc: new Map(),
    withoutMlkem: new Map(),
    withoutPostQuantum: new Map(),
    warned: new Map(),
  };
}

function* kindsOf(side: "client" | "server", { software, version, verdict, choice }: Row): Iterable<Kind> {
  if (side === "client" && choice?.isPostQuantum === false && warns(software, version)) yield "warned";
  if (verdict === null) return;
  if (verdict.sshRsa) yield "sshRsa";
  if (verdict.sha1) yield "sha1";
  if (verdict.cbc) yield "cbc";
  if (verdict.exchange !== "mlkem") yield "withoutMlkem";
  if (verdict.exchange === "classical") yield "withoutPostQuantum";
}

/** OpenSSH of 10.1 and later tells its user of a key exchange that is not post-quantum (sshconnect.c). */
export function warns(software: string, version: string): boolean {
  if (software !== "OpenSSH" && !software.startsWith("OpenSSH_for_")) return false;
  const [major = "", minor = ""] = version.split(".");
  const number = Number.parseInt(major, 10);
  return number > 10 || (number === 10 && Number.parseInt(minor, 10) >= 1);
}

function sorted(found: Found): readonly SshFinding[] {
  return [...found.values()].sort((a, b) => b.sessions - a.sessions);
}
