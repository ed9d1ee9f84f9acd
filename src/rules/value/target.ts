/** The parts of a request's target (RFC 9112, 3.2). */

/** Where the path begins, behind the authority of an absolute URI; -1 where there is none (`*`, what CONNECT asks for). */
export function pathStart(target: string): number {
  if (target.startsWith("/")) return 0;
  const scheme = beforeAuthority.exec(target)?.[0];
  if (scheme === undefined) return -1;
  const slash = target.indexOf("/", scheme.length);
  return slash < 0 ? -1 : slash;
}

/** Where the query's question mark is, or the target's end. */
export function queryStart(target: string): number {
  const mark = target.indexOf("?");
  return mark < 0 ? target.length : mark;
}

const beforeAuthority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/** The host, with its port, that a target names; null where it is a path or `*`. */
export function authorityIn(target: string): string | null {
  if (target.startsWith("/") || target.startsWith("*")) return null;
  const rest = target.slice(beforeAuthority.exec(target)?.[0].length ?? 0);
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  return authority.slice(authority.lastIndexOf("@") + 1);
}

/** An absolute target with another authority; any other as it is. */
export function withAuthority(target: string, authority: string): string {
  const scheme = beforeAuthority.exec(target)?.[0];
  if (scheme === undefined) return target;
  return scheme + authority + target.slice(scheme.length).replace(/^[^/?#]*/, "");
}

/** What may stand in a request line as a target: white space and controls are percent-encoded. */
export function encodeTarget(text: string): string {
  if (!/[\0-\x20\x7f-\xff]/.test(text)) return text;
  return text.replaceAll(/[\0-\x20\x7f-\xff]/g, (one) => {
    return `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
