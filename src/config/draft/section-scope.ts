/** What the lines of one proxy section know of it while they are read, and what they still owe. */
import type { Position } from "../../plan/position.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Hosts } from "./hosts.ts";
import type { NamedAcls } from "./named-acls.ts";
import type { PatternLists } from "./pattern-lists.ts";
import type { Statement, Word } from "../text/statement.ts";

/** A name that only makes sense once every section has been read. */
export interface Reference {
  readonly kind: "table" | "frontend" | "backend" | "server" | "userlist";
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
  /** Reads a pattern or map file: its text, or null when it cannot be opened. */
  readonly readFile: (path: string) => string | null;
}

/** Where on a line a parser stands. Parsers move `index` past what they took. */
export interface Cursor {
  readonly statement: Statement;
  index: number;
}

/** The word under the cursor, or null at the end of the line. */
export function peek(cursor: Cursor): Word | null {
  return cursor.statement.words[cursor.index] ?? null;
}

/** The text under the cursor moved by `offset`; "" at the end of the line, as HAProxy's messages show it. */
export function textAt(cursor: Cursor, offset = 0): string {
  return cursor.statement.words[cursor.index + offset]?.text ?? "";
}

/** Whether a section listens for clients. */
export function hasFrontend(scope: ProxyScope): boolean {
  return scope.kind === "frontend" || scope.kind === "listen";
}

/** Whether a section has servers. */
export function hasBackend(scope: ProxyScope): boolean {
  return scope.kind === "backend" || scope.kind === "listen";
}

/** `frontend 'fe'`, as messages name a section; HAProxy calls a listen a proxy. */
export function scopeLabel(scope: ProxyScope): string {
  return `${scope.kind === "listen" ? "proxy" : scope.kind} '${scope.name}'`;
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
