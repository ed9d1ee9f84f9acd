/** What rules and formats need to know of the section they stand in. */
import type { Draft } from "./draft.ts";
import { NamedAcls } from "./named-acls.ts";
import type { ProxyScope } from "./section-scope.ts";

/** The scope of `global` lines: it has no name and no ACLs. */
export function globalScope(draft: Draft): ProxyScope {
  return newScope(draft, "global", "", null);
}

/** The scope of a proxy or `defaults` section; ACLs of the `defaults` it came from are known in it. */
export function newScope(
  draft: Draft,
  kind: ProxyScope["kind"],
  name: string,
  inherited: ProxyScope["acls"] | null,
): ProxyScope {
  return {
    kind,
    name,
    acls: new NamedAcls(inherited),
    references: draft.references,
    patternLists: draft.patternLists,
    hosts: draft.hosts,
    diagnostics: draft.diagnostics,
    stickCounters: draft.global.stickCounters,
    readFile: (path) => draft.files.read(path),
  };
}
