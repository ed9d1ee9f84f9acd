/** Where the servers of one backend have not the same host keys: clients that come to the one and then to the other are warned. */
import type { HostKeyDifference, HostKeyFacts } from "../public.ts";

/** A server whose keys have all been read. */
export interface ComparedServer {
  readonly name: string;
  readonly keys: readonly Pick<HostKeyFacts, "name" | "type" | "fingerprint" | "firstAt">[];
}

type Group = { readonly name: string; readonly firstAt: number | null }[];

/** Kind by kind. Certificates are not compared: whoever trusts their authority takes any key in them. */
export function differencesOf(servers: readonly ComparedServer[]): readonly HostKeyDifference[] {
  const types = new Map<string, string>();
  for (const { keys } of servers)
    for (const { name, type } of keys) if (!name.endsWith(" certificate")) types.set(name, type);
  return [...types].flatMap(([name, type]) => {
    const groups = new Map<string | null, Group>();
    for (const server of servers) {
      const key = server.keys.find((one) => one.name === name);
      const fingerprint = key?.fingerprint ?? null;
      const group = groups.get(fingerprint) ?? [];
      groups.set(fingerprint, group);
      group.push({ name: server.name, firstAt: key?.firstAt ?? null });
    }
    if (groups.size < 2) return [];
    return [{ type, name, groups: [...groups].map(([fingerprint, of]) => ({ fingerprint, servers: of })) }];
  });
}

const mostNames = 8;
const mostGroups = 8;

/** In one line: `ED25519 SHA256:… (a since 2026-11-01, b since 2026-11-02), SHA256:… (c since 2026-11-29)`. */
export function differencesText(differences: readonly HostKeyDifference[]): string {
  return differences.map(({ type, groups }) => `${type} ${listed(groups.map(groupText), mostGroups)}`).join("; ");
}

function groupText({ fingerprint, servers }: HostKeyDifference["groups"][number]): string {
  const names = servers.map(({ name, firstAt }) => (firstAt === null ? name : `${name} since ${day(firstAt)}`));
  return `${fingerprint ?? "none"} (${listed(names, mostNames)})`;
}

function listed(texts: readonly string[], most: number): string {
  if (texts.length <= most) return texts.join(", ");
  return `${texts.slice(0, most).join(", ")} and ${texts.length - most} more`;
}

/** What tells one difference from another: not when, but who and what. */
export function differencesMark(differences: readonly HostKeyDifference[]): string {
  return JSON.stringify(
    differences.map(({ name, groups }) => [
      name,
      groups.map(({ fingerprint, servers }) => [fingerprint, servers.map((one) => one.name)]),
    ]),
  );
}

/** `2026-11-29`. */
export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `2026-11-29 10:00 UTC`. */
export function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
