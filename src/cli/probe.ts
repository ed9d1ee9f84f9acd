/** `probe HOST[:PORT]`: what it was asked to do. */
import { isIP } from "node:net";
import { parseDuration } from "./duration.ts";

/** The words of a right command line, checked. */
export interface ProbeRequest {
  /** A name or a literal address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly form: "text" | "json" | "sshfp" | "known-hosts";
  readonly timeoutMs: number;
  readonly sendProxy: boolean;
}

const sshPort = 22;
const timeoutDefaultMs = 10_000;

/** Takes the words as they were given; or what is wrong with them. */
export function probeRequest(
  targets: readonly string[],
  words: {
    readonly json: boolean;
    readonly sshfp: boolean;
    readonly knownHosts: boolean;
    readonly timeout: string | null;
    readonly sendProxy: boolean;
  },
): ProbeRequest | string {
  const [target, extra] = targets;
  if (target === undefined) return "expects a host, like: fairlead probe bitbucket.example.com:7999";
  if (extra !== undefined) return `unexpected argument '${extra}': it asks one host`;
  const { sendProxy } = words;
  const forms = [
    words.json ? ("json" as const) : [],
    words.sshfp ? ("sshfp" as const) : [],
    words.knownHosts ? ("known-hosts" as const) : [],
  ].flat();
  if (forms.length > 1) return `'--${forms[0]}' and '--${forms[1]}' are two answers: ask for one`;
  const timeoutMs = words.timeout === null ? timeoutDefaultMs : parseDuration(words.timeout);
  if (timeoutMs === null)
    return `'--timeout' expects a time like 10s or 500ms, an hour at most, not '${words.timeout}'`;
  const place = parseTarget(target);
  if (place === null) return `'${target}' is no host to ask, like git.example.com, 192.0.2.1:7999 or [2001:db8::1]:22`;
  return { ...place, form: forms[0] ?? "text", timeoutMs, sendProxy };
}

/** `host`, `host:port`, an IPv6 address as it is or in brackets. */
function parseTarget(text: string): { readonly host: string; readonly port: number } | null {
  if (isIP(text) === 6) return { host: text, port: sshPort };
  const [, bracketed, plain = "", digits] = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const isHost = bracketed === undefined ? /^[\w.-]{1,253}$/.test(host) && !host.startsWith("-") : isIP(host) === 6;
  const port = digits === undefined ? sshPort : Number(digits);
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : null;
}
