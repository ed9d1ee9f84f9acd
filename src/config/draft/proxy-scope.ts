/** What the lines of one proxy section know of it while they are read, and what they still owe. */
import type { GlobalPlan } from "../../plan/global.ts";
import type { Position } from "../../plan/position.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Hosts } from "./hosts.ts";
import { NamedAcls } from "./named-acls.ts";
import type { PatternLists } from "./pattern-lists.ts";
import type { NamedFiles } from "../text/named-files.ts";
import type { Statement, Word } from "../text/statement.ts";

/** A name that only makes sense once every section has been read. */
export interface Reference {
  readonly kind: "table" | "frontend" | "backend" | "server" | "userlist" | "resolvers";
  /** What was written; null when the argument was left out and the proxy itself is meant. */
  readonly name: string | null;
  /** The proxy whose line refers. */
  readonly proxy: string;
  /** From 1. */
  readonly argument: number;
  /** HAProxy's words for who refers, e.g. `ACL keyword 'nbsrv'`. */
  readonly by: string;
  /** Set when a rule itself refers (`track-sc0`, `stick`, `use_backend`, `use-server`): messages are of another form then. */
  readonly rule: string | null;
  readonly position: Position;
  readonly statement: Statement;
  readonly word: Word | null;
  /** Of a userlist: the groups that an ACL asks for, which must be in it, and the ACL's name, "" where it has none. */
  readonly groups?: { readonly acl: string; readonly names: readonly string[] };
}

/** A section as its lines see it: who it is, its ACLs, where messages go. One per proxy section (and one for `global`). */
export interface ProxyScope {
  readonly kind: "frontend" | "backend" | "listen" | "defaults" | "global";
  readonly name: string;
  readonly acls: NamedAcls;
  /** Names to check once all sections are known; see `checkReferences` in references.ts. */
  readonly references: Reference[];
  /** Patterns met so far in all sections. */
  readonly patternLists: PatternLists;
  readonly hosts: Hosts;
  readonly diagnostics: Diagnostics;
  /** Entries that a session may track at once: `track-sc0` to the one before. */
  readonly stickCounters: number;
  /** It is in `mode http`; of `defaults`: it or a section that comes from it is. */
  readonly isHttp: boolean;
  /** `http-errors` sections: by status whole responses, as latin1 text. */
  readonly httpErrors: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Reads a pattern or map file: its text, or null when it cannot be opened. */
  readonly readFile: (path: string) => string | null;
  readonly global: GlobalFacts;
}

/** What lines of proxies have to know of the global ones. */
export interface GlobalFacts {
  /** `expose-experimental-directives`. */
  readonly isExperimental: boolean;
  readonly bufsizeBytes: number;
  /** Whether anything asks for what SSH says. */
  asksSsh: boolean;
  /** What is taken and does nothing, with the reason: rules add theirs. */
  readonly withoutEffect: GlobalPlan["withoutEffect"][number][];
}

/** What all sections have in common. */
type Shared = Pick<ProxyScope, "references" | "patternLists" | "hosts" | "diagnostics" | "httpErrors"> & {
  readonly global: GlobalFacts & { readonly stickCounters: number };
  readonly files: NamedFiles;
};

/** The scope of `global` lines: it has no name and no ACLs. */
export function globalScope(draft: Shared): ProxyScope {
  return newScope(draft, "global", "", null);
}

/** The scope of a proxy or `defaults` section; ACLs of the `defaults` it came from are known in it. */
export function newScope(
  draft: Shared,
  kind: ProxyScope["kind"],
  name: string,
  inherited: ProxyScope["acls"] | null,
  isHttp = false,
): ProxyScope {
  return {
    kind,
    name,
    acls: new NamedAcls(inherited),
    references: draft.references,
    patternLists: draft.patternLists,
    hosts: draft.hosts,
    diagnostics: draft.diagnostics,
    isHttp,
    httpErrors: draft.httpErrors,
    stickCounters: draft.global.stickCounters,
    readFile: (path) => draft.files.read(path),
    global: draft.global,
  };
}

/** Whether a section listens for clients. */
export function hasFrontend(scope: ProxyScope): boolean {
  return scope.kind === "frontend" || scope.kind === "listen";
}

/** Whether a section has servers. */
export function hasBackend(scope: ProxyScope): boolean {
  return scope.kind === "backend" || scope.kind === "listen";
}

/** Reads a line; when that fails, the names it had noted are forgotten with it. */
export function readingLine<T>(scope: ProxyScope, read: () => T): T {
  const before = scope.references.length;
  try {
    return read();
  } catch (error) {
    scope.references.length = before;
    throw error;
  }
}
