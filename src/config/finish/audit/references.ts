/** Names that rules refer to, checked once every section has been read. */
import type { Diagnostics } from "../../text/diagnostics.ts";
import type { Reference } from "../../draft/proxy-scope.ts";
import { nearest } from "../../text/suggestion.ts";

/** What is known of all proxies when references are checked. */
export interface KnownNames {
  readonly hasFrontend: (name: string) => boolean;
  readonly hasBackend: (name: string) => boolean;
  readonly hasServer: (backend: string, server: string) => boolean;
  readonly hasTable: (name: string) => boolean;
  readonly hasUserlist: (name: string) => boolean;
  readonly hasResolvers: (name: string) => boolean;
  /** Left out: every list has every group. */
  readonly hasGroup?: (userlist: string, group: string) => boolean;
  /** A user of that list whose password is in a form that is not reckoned here; null, or left out: all are. */
  readonly unverifiableUser?: (userlist: string) => string | null;
  /** Every name of a kind, for suggestions; left out: no suggestions. */
  readonly names?: (kind: Reference["kind"]) => Iterable<string>;
}

/** Complains, in HAProxy's words, about every reference that leads nowhere. */
export function checkReferences(references: readonly Reference[], known: KnownNames, diagnostics: Diagnostics): void {
  for (const reference of references) {
    const text = complaintAbout(reference, known);
    if (text === null) continue;
    const { statement, word, kind, name } = reference;
    const near = name === null || known.names === undefined ? null : nearest(name, known.names(kind));
    diagnostics.add({
      level: "alert",
      text,
      pointer: word === null ? null : { source: statement.source, column: word.column, length: word.length },
      advice: near === null ? null : `Did you mean '${near}'?`,
    });
  }
}

/** What is wrong with a reference; null when nothing is. */
function complaintAbout(reference: Reference, known: KnownNames): string | null {
  const { kind, proxy, rule } = reference;
  const name = reference.name ?? proxy;
  if (rule !== null) return ruleComplaint(kind, name, proxy, rule, known);
  const { position, argument, by } = reference;
  const where = `parsing [${position.file}:${position.line}]: `;
  const tail = `referenced in arg ${argument} of ${by} in proxy '${proxy}'.`;
  switch (kind) {
    case "table":
      return known.hasTable(name) ? null : `${where}unable to find table '${name}' ${tail}`;
    case "userlist":
      if (reference.name === null) return `${where}missing userlist name in ${tail.replace("referenced in ", "")}`;
      return known.hasUserlist(name)
        ? (groupComplaint(reference, known) ?? passwordComplaint(name, known))
        : `${where}unable to find userlist '${name}' ${tail}`;
    case "frontend":
    case "backend": {
      if (kind === "frontend" ? known.hasFrontend(name) : known.hasBackend(name)) return null;
      const exists = kind === "frontend" ? known.hasBackend(name) : known.hasFrontend(name);
      // HAProxy looks a written name up among proxies of the right kind, and only the section itself for its kind.
      if (exists && reference.name === null) {
        return `${where}proxy '${name}', ${tail.slice(0, -1)}, has not ${kind} capability.`;
      }
      return `${where}unable to find ${kind} '${name}' ${tail}`;
    }
    case "resolvers":
      return known.hasResolvers(name) ? null : `${where}unable to find resolvers '${name}' ${tail}`;
    case "server": {
      if (name === "" || reference.name === null)
        return `${where}missing server name in ${tail.replace("referenced in ", "")}`;
      const slash = name.indexOf("/");
      const [backend, server] = slash === -1 ? [proxy, name] : [name.slice(0, slash), name.slice(slash + 1)];
      if (known.hasServer(backend, server)) return null;
      if (backend !== proxy && !known.hasBackend(backend)) return `${where}unable to find proxy '${backend}' ${tail}`;
      return `${where}unable to find server '${server}' in proxy '${backend}', ${tail}`;
    }
  }
}

function groupComplaint({ name, proxy, groups }: Reference, known: KnownNames): string | null {
  if (groups === undefined) return null;
  const who = `proxy ${proxy}: acl ${groups.acl} http_auth_group(): `;
  if (groups.names.length === 0) return `${who}no groups specified.`;
  const wrong = groups.names.find((group) => known.hasGroup?.(name ?? "", group) === false);
  return wrong === undefined ? null : `${who}invalid group '${wrong}'.`;
}

function passwordComplaint(list: string, known: KnownNames): string | null {
  const user = known.unverifiableUser?.(list) ?? null;
  if (user === null) return null;
  return `userlist '${list}': the password of user '${user}' is in a form that cannot be verified here.`;
}

function ruleComplaint(
  kind: Reference["kind"],
  name: string,
  proxy: string,
  rule: string,
  known: KnownNames,
): string | null {
  if (kind === "table") {
    if (known.hasTable(name)) return null;
    if (rule === "stick") return `Proxy '${proxy}': unable to find stick-table '${name}'.`;
    return `Proxy '${proxy}': unable to find table '${name}' referenced by ${rule}.`;
  }
  if (kind === "server") {
    if (known.hasServer(proxy, name)) return null;
    return `backend '${proxy}' : unable to find server '${name}' referenced in a '${rule}' rule.`;
  }
  if (kind === "resolvers") {
    return known.hasResolvers(name)
      ? null
      : `Proxy '${proxy}': Can't find resolvers section '${name}' for ${rule} action.`;
  }
  return known.hasBackend(name) ? null : `Proxy '${proxy}': unable to find required ${rule}: '${name}'.`;
}
