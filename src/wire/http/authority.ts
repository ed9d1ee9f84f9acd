/** Whose a request is: the forms of its target (RFC 9112, 3.2), and whether the target and Host agree. */
import type { Head } from "./head.ts";

export type AuthorityFault =
  /** A target of a form that its method has not. */
  | "target-form"
  /** The target names another host than Host does. */
  | "authority";

/**
 * What is wrong with a target that is no path beside Host, whose index is given (-1: none was sent); null: nothing. As HAProxy does, the port
 * that goes without saying is left out of an absolute target, and then of Host.
 */
export function checkAuthority(head: Head, host: number): AuthorityFault | null {
  const { target, fields, method } = head;
  if (method !== "CONNECT" && target === "*") return null;
  const found = method === "CONNECT" ? connectParts(target) : absoluteParts(target);
  if (found === null) return "target-form";
  const { authority, scheme } = found;
  const name = withoutPort(authority, scheme);
  if (host >= 0) {
    const sent = fields.value(host);
    if (withoutPort(sent, scheme).toLowerCase() !== name.toLowerCase()) return "authority";
    if (name !== authority && sent !== name) fields.replaceAt(host, name);
  }
  if (name !== authority && scheme !== "") head.setTarget(target.replace(authority, name));
  return null;
}

/** Scheme (in lower case) and authority (without user) of a target in absolute form; null: it is none. */
export function absoluteParts(target: string): { readonly scheme: string; readonly authority: string } | null {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)/.exec(target);
  if (found === null) return null;
  const [, scheme = "", authority = ""] = found;
  return { scheme: scheme.toLowerCase(), authority: authority.slice(authority.lastIndexOf("@") + 1) };
}

/** Host and port, without a scheme. */
function connectParts(target: string): { readonly scheme: string; readonly authority: string } | null {
  const isHostAndPort = /^[^/?#@:[\]]+:\d+$|^\[[^/?#@[\]]+\]:\d+$/.test(target);
  return isHostAndPort ? { scheme: "", authority: target } : null;
}

/** Without the port that is the scheme's own (of CONNECT: either), or an empty one. */
function withoutPort(authority: string, scheme: string): string {
  const isHttp = scheme === "http" || scheme === "";
  const isHttps = scheme === "https" || scheme === "";
  if (isHttp && authority.endsWith(":80")) return authority.slice(0, -3);
  if (isHttps && authority.endsWith(":443")) return authority.slice(0, -4);
  return authority.endsWith(":") ? authority.slice(0, -1) : authority;
}
