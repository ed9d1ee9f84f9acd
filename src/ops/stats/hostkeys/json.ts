/** Servers' host keys for programs: `show ssh hostkeys json`, and a part of `/status`. Fields are only ever added. */
import type { HostKeyFacts, HostKeysBackend, PublicHostKeys } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

/** A backend of the document; instants are dates in ISO 8601. */
export interface HostKeysPart {
  readonly backend: string;
  readonly differ: boolean;
  readonly differences: readonly {
    readonly type: string;
    readonly name: string;
    readonly groups: readonly { readonly fingerprint: string | null; readonly servers: readonly string[] }[];
  }[];
  readonly servers: readonly {
    readonly name: string;
    readonly address: string | null;
    readonly pin: "none" | "unknown" | "held" | "refused";
    readonly objection: string | null;
    readonly lastRead: string | null;
    readonly failure: string | null;
    readonly changes: number;
    readonly keys: readonly HostKeyPart[];
  }[];
}

/** One key of it. */
export interface HostKeyPart {
  readonly name: string;
  readonly type: string;
  readonly bits: number;
  readonly fingerprint: string;
  readonly verified: boolean;
  readonly listed: boolean;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly before: { readonly fingerprint: string; readonly firstSeen: string; readonly lastSeen: string } | null;
}

/** One backend as it stands in the document. */
export function hostKeysPart({ name: backend, differences, servers }: HostKeysBackend): HostKeysPart {
  return {
    backend,
    differ: differences.length > 0,
    differences: differences.map(({ type, name, groups }) => ({
      type,
      name,
      groups: groups.map((group) => ({
        fingerprint: group.fingerprint,
        servers: group.servers.map((one) => one.name),
      })),
    })),
    servers: servers.map(({ name, address, pin, objection, lookedAt, failure, changes, keys }) => ({
      name,
      address,
      pin,
      objection,
      lastRead: lookedAt === null ? null : date(lookedAt),
      failure,
      changes,
      keys: keys.map(keyPart),
    })),
  };
}

function keyPart(key: HostKeyFacts): HostKeyPart {
  const { name, type, bits, fingerprint, isVerified: verified, isListed: listed, before } = key;
  const was = before === null ? null : { fingerprint: before.fingerprint, ...seen(before) };
  return { name, type, bits, fingerprint, verified, listed, ...seen(key), before: was };
}

function seen({ firstAt, lastAt }: Pick<HostKeyFacts, "firstAt" | "lastAt">): {
  readonly firstSeen: string;
  readonly lastSeen: string;
} {
  return { firstSeen: date(firstAt), lastSeen: date(lastAt) };
}

function date(at: number): string {
  return new Date(at).toISOString();
}

/** A backend a step. `only`: of one; null: all. */
export function* hostKeysJson(hostKeys: PublicHostKeys, only: string | null): Rows {
  yield '{"backends":[';
  let isFirst = true;
  for (const backend of hostKeys.backends()) {
    if (only !== null && backend.name !== only) {
      yield "";
      continue;
    }
    yield `${isFirst ? "" : ","}${JSON.stringify(hostKeysPart(backend))}`;
    isFirst = false;
  }
  yield "]}\n";
}
