/** Sections to a Plan: reads every line by the table, resolves every reference, applies every default. */
import type { Plan } from "../../plan/plan.ts";
import { type Accounts, fileAccounts } from "../draft/accounts.ts";
import { assemblePlan } from "./assemble/assemble.ts";
import { auditDraft } from "./audit/audit.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Draft, PlanContext } from "../draft/draft.ts";
import { readProxies } from "../sections/proxy-reader.ts";
import { startGlobal } from "../draft/settings.ts";
import { Hosts } from "../draft/hosts.ts";
import { TlsFiles } from "../draft/tls/tls-files.ts";
import { NamedFiles } from "../text/named-files.ts";
import { PatternLists } from "../draft/pattern-lists.ts";
import {
  readHttpErrors,
  readListSection,
  readResolvers,
  readRing,
  readUserlist,
} from "../sections/named-section-reader.ts";
import { canVerify } from "../../rules/value/crypt.ts";
import { readSection } from "../sections/section-reader.ts";
import type { Environment, Section } from "../text/statement.ts";
import { globalSection } from "../sections/tables.ts";

export type { PlanContext } from "../draft/draft.ts";

/** HAProxy's text for a configuration that is valid but listens nowhere; `-c` then ends with 2. */
export const noListenerText = "Configuration file has no error but will not start (no listener) => exit(2).";

/** Nothing has been said yet. */
export function newDraft(diagnostics: Diagnostics, context: PlanContext): Draft {
  return {
    context,
    files: new NamedFiles(context.readFile, context.find),
    diagnostics,
    global: startGlobal(),
    proxies: [],
    handedDown: [],
    resolvers: [],
    rings: new Map(),
    userlists: new Map(),
    httpErrors: new Map(),
    peers: new Map(),
    mailers: new Map(),
    tables: new Map(),
    references: [],
    patternLists: new PatternLists(),
    hosts: new Hosts(context.readFile),
    tls: new TlsFiles(),
  };
}

/**
 * Turns sections into what will run. Everything wrong is in `diagnostics`, in HAProxy's words.
 *
 * Null when the configuration is refused. Host names are still names afterwards: see `resolveNames`.
 */
export function plan(sections: readonly Section[], diagnostics: Diagnostics, context: PlanContext): Plan | null {
  const draft = newDraft(diagnostics, context);
  for (const section of sections) {
    draft.files.note(section);
    if (section.kind === "global") readSection(globalSection, section, draft, draft);
    else if (section.kind === "resolvers") readResolvers(section, draft);
    else if (section.kind === "ring") readRing(section, draft);
    else if (section.kind === "userlist") readUserlist(section, draft);
    else if (section.kind === "http-errors") readHttpErrors(section, draft);
    else readListSection(section, draft);
  }
  readProxies(sections, draft);
  auditDraft(draft);
  return diagnostics.refused ? null : assemblePlan(draft);
}

/** Whether anything listens, a stats socket included: false makes `-c` end with 2 and a start fail. */
export function hasListener(plan: Plan): boolean {
  const { statsSockets } = plan.global;
  return statsSockets.length > 0 || plan.frontends.some(({ disabled, binds }) => !disabled && binds.length > 0);
}

/** A context for this machine. `localPeer` is `-L` or the machine's name. `verify`: left out, passwords in forms of ours. */
export function machineContext(
  environment: Environment,
  { readFile, find }: Pick<PlanContext, "readFile" | "find">,
  localPeer: string,
  verify: PlanContext["canVerify"] = canVerify,
  accounts: Accounts = fileAccounts(),
): PlanContext {
  return { environment, accounts, readFile, find, localPeer, canVerify: verify };
}
