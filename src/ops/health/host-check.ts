/** Which request gets which page of the health endpoint, by path, method and Host; nothing there changes anything. */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { hostname } from "node:os";
import type { PageRequest } from "./http-connections.ts";

/** A page that may be answered. */
export interface Asked {
  readonly path: string;
  readonly query: string;
}

/** A request that is not answered, with why in words. */
export interface Refused {
  readonly code: 400 | 405 | 421;
  readonly text: string;
}

/** Whether it is a page for probes and scrapers, which ask by whatever name they know: it tells how it stands and how busy it is. */
function isOpen(path: string): boolean {
  return openPaths.has(path) || csvPath.test(path);
}

const openPaths: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Where tools for HAProxy's statistics page ask for figures, with any of its words behind; some put a slash before them. */
export const csvPath = /^\/(?:stats\/?)?;csv(?:;|$)/;

/**
 * Judges a request.
 *
 * A page that an administrator's browser shows may lead a name of its own to this address, and would be given what is
 * answered there (DNS rebinding). It cannot choose the Host, so all but a few pages want one that only we can have: an
 * address, `localhost`, this machine's name, or one of `names`. A client without a Host is no browser.
 */
export function judge({ method, target, hosts, isOld }: PageRequest, names: readonly string[]): Asked | Refused {
  if (method !== "GET" && method !== "HEAD") return { code: 405, text: "only GET and HEAD are answered\n" };
  const [start = "", authority = null] = absoluteForm.exec(target) ?? [];
  const rest = target.slice(start.length);
  if (authority === null && !rest.startsWith("/"))
    return { code: 400, text: "what is asked for begins with a slash\n" };
  if (hosts.length > 1) return { code: 400, text: "one Host is enough\n" };
  const mark = rest.indexOf("?");
  const [path, query] = mark < 0 ? [rest, ""] : [rest.slice(0, mark), rest.slice(mark + 1)];
  const asked = { path: path === "" ? "/" : path, query };
  if (isOpen(path)) return asked;
  // Where the target says it, the field is not asked (RFC 9112, 3.2.2).
  const host = authority ?? hosts[0];
  if (host === undefined) return isOld ? asked : { code: 400, text: "a Host is missing\n" };
  return isOwn(host, names) ? asked : { code: 421, text: misdirected };
}

const misdirected =
  "not by this name: ask by address, as localhost or by the machine's own name, or let '--health-name NAME' allow it\n";

/** How a target in absolute form begins, with the authority (RFC 9112, 3.2.2). */
const absoluteForm = /^https?:\/\/([^/?]*)/i;

/** Name or address, and a port, which says nothing: tunnels and published ports change it. */
const authorityForm = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/\\[\]]+))(?::\d{0,5})?$/i;

function isOwn(authority: string, names: readonly string[]): boolean {
  const [, address, name] = authorityForm.exec(authority) ?? [];
  if (address !== undefined) return isIPv6(address);
  if (name === undefined) return false;
  const plain = plainName(name);
  if (plain === "localhost" || isIPv4(plain)) return true;
  const own = plainName(hostname());
  // Of the machine's name the first part alone is nobody else's either: names without a dot are not sold.
  return plain === own || plain === own.split(".", 1)[0] || names.some((one) => plainName(one) === plain);
}

/** As names are compared: in lower case, without the root's dot. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** What is wrong with a name that is to be answered, or null. */
export function wrongHealthName(name: string): string | null {
  const labels = name.replace(/\.$/, "").split(".");
  const isName = name.length <= 254 && labels.every((label) => /^[\w-]{1,63}$/.test(label));
  if (isName || isIP(name) !== 0) return null;
  return `expects a host name, without a port, not '${name}'`;
}
