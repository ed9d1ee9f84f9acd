/** A golden case: a configuration, a line of five dashes, what is said about it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Accounts } from "../../src/config/draft/accounts.ts";
import { Diagnostics, formatDiagnostics } from "../../src/config/text/diagnostics.ts";
import { readConfiguration } from "../../src/config/text/read.ts";
import { canVerify } from "../../src/rules/value/crypt.ts";
import { plan, type PlanContext } from "../../src/config/finish/plan.ts";
import type { Found } from "../../src/config/text/named-files.ts";
import type { Plan } from "../../src/plan/plan.ts";

export interface Case {
  readonly name: string;
  readonly path: string;
  readonly config: string;
  readonly expected: string;
}

const dashes = "-----\n";

/** All cases of a folder, sorted by name. */
export function readCases(folder: string): Case[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".case"))
    .toSorted()
    .map((file) => {
      const path = join(folder, file);
      const text = readFileSync(path, "latin1");
      const at = text.indexOf(`\n${dashes}`) + 1;
      return {
        name: file.replace(/\.case$/, ""),
        path,
        config: text.slice(0, at),
        expected: text.slice(at + dashes.length),
      };
    });
}

/** Users and groups that every machine of these tests has. */
const accounts: Accounts = {
  user: (name) => (name === "root" ? { uid: 0, gid: 0 } : null),
  group: (name) => (name === "root" ? 0 : null),
};

const noFile = { kind: "none", reason: "No such file or directory" } as const;

/** A context without files, with the machine named `vm`. */
export function testContext(): PlanContext {
  return { environment: new Map(), accounts, readFile: () => null, find: () => noFile, localPeer: "vm", canVerify };
}

/** Reads a text as the file `case.cfg`, on a machine with these files. */
export function readText(
  text: string,
  files: Readonly<Record<string, string>> = {},
): { plan: Plan | null; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics();
  const context = {
    ...testContext(),
    readFile: (path: string): string | null => (Object.hasOwn(files, path) ? (files[path] ?? null) : null),
    find: (path: string): Found => foundIn(files, path),
  };
  const sections = readConfiguration([{ name: "case.cfg", text }], context.environment, diagnostics);
  return { plan: plan(sections, diagnostics, context), diagnostics };
}

/** Folders are what stands before a name's slashes. */
function foundIn(files: Readonly<Record<string, string>>, path: string): Found {
  if (Object.hasOwn(files, path)) return { kind: "file", bytes: files[path]?.length ?? 0 };
  const folder = path.replace(/\/+$/, "");
  const inside = Object.keys(files).filter((name) => name.startsWith(`${folder}/`));
  if (inside.length === 0) return noFile;
  return { kind: "folder", names: inside.map((name) => name.slice(folder.length + 1).split("/", 1)[0] ?? "") };
}

/** What is said about a configuration, with 0 as the process's number. */
export function messagesOf(config: string): string {
  return formatDiagnostics(readText(config).diagnostics.all, 0);
}
