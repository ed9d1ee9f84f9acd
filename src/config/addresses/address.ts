/** Addresses as HAProxy writes them: `*:22`, `[::1]:22`, `unix@/path`, `fd@3`, `host:+5`, port ranges. */
import { fstatSync } from "node:fs";
import { isIP } from "node:net";
import type { ServerAddress } from "../../plan/server.ts";
import { Complaint } from "../text/complaint.ts";
import { wordTable } from "../../word-table.ts";
import type { Environment, Word } from "../text/statement.ts";
import { expandAddress } from "../text/environment.ts";

/** What a line lets its address be. */
export interface AddressRule {
  readonly port: "required" | "optional" | "none";
  readonly range: boolean;
  readonly offset: boolean;
  readonly descriptor: boolean;
  /** Datagrams are what is meant where the address does not say; elsewhere they are refused. */
  readonly datagram: boolean;
}

/** An address taken apart. A range of ports is `firstPort` to `lastPort`; without a port both are 0. */
export type ParsedAddress =
  | {
      readonly kind: "ip";
      /** TCP, and not UDP. */
      readonly isStream: boolean;
      /** A literal without brackets, a name, or "" for every address. */
      readonly host: string;
      readonly isName: boolean;
      readonly family: 4 | 6 | null;
      readonly firstPort: number;
      readonly lastPort: number;
      readonly hasPort: boolean;
      readonly offset: number;
    }
  | { readonly kind: "unix"; readonly path: string; readonly isStream: boolean }
  | { readonly kind: "abstract"; readonly name: string; readonly isStream: boolean }
  | { readonly kind: "fd"; readonly fd: number };

/** sun_path less the room that HAProxy keeps for the suffix of its temporary names. */
const maxPathBytes = 97;

type Form = {
  readonly family: 4 | 6 | null;
  readonly kind: "ip" | "unix" | "abstract" | "fd" | "sockpair" | "quic";
  readonly type: "stream" | "datagram" | null;
};

function form(kind: Form["kind"], family: Form["family"] = null, type: Form["type"] = null): Form {
  return { kind, family, type };
}

/** What stands before an address; `stream+` or `dgram+` may stand before that, and says what those do that leave it open. */
const forms = wordTable<Form>({
  "ip@": form("ip"),
  "ipv4@": form("ip", 4),
  "ipv6@": form("ip", 6),
  "tcp@": form("ip", null, "stream"),
  "tcp4@": form("ip", 4, "stream"),
  "tcp6@": form("ip", 6, "stream"),
  "mptcp@": form("ip", null, "stream"),
  "mptcp4@": form("ip", 4, "stream"),
  "mptcp6@": form("ip", 6, "stream"),
  "udp@": form("ip", null, "datagram"),
  "udp4@": form("ip", 4, "datagram"),
  "udp6@": form("ip", 6, "datagram"),
  "quic4@": form("quic", 4),
  "quic6@": form("quic", 6),
  "unix@": form("unix"),
  "uxst@": form("unix", null, "stream"),
  "uxdg@": form("unix", null, "datagram"),
  "abns@": form("abstract"),
  "abnsz@": form("abstract"),
  "fd@": form("fd"),
  "sockpair@": form("sockpair"),
});

/**
 * Takes an address apart (manual, section 11 of the management guide and 4.2, `bind`).
 *
 * `${VAR}` is expanded unless the word was quoted. Host names are not looked up. Throws a Complaint in HAProxy's words
 * without a prefix.
 */
export function parseAddress(word: Word, rule: AddressRule, environment: Environment, part = word.text): ParsedAddress {
  const text = word.quoted ? part : expandAddress(part, environment);
  const fail = (message: string): never => {
    throw new Complaint(message, word);
  };
  if (text === "") fail(`'${part}' resolves to an empty address (environment variable missing?)`);
  const typed = /^(?:stream|dgram)\+/.exec(text)?.[0] ?? "";
  const bare = text.slice(typed.length);
  const prefix = /^[a-z0-9]+@/.exec(bare)?.[0] ?? "";
  const named = forms.get(prefix);
  const rest = named === undefined ? bare : bare.slice(prefix.length);
  const kind = named?.kind ?? (bare.startsWith("/") ? "unix" : "ip");
  if (kind === "quic") {
    fail(
      `unsupported stream protocol for datagram family ${named?.family === 6 ? 10 : 2} address '${part}'; ` +
        "QUIC is not compiled in if this is what you were looking for.",
    );
  }
  if (kind === "sockpair") {
    throw new Complaint("'sockpair@' is not supported", word, "use 'unix@' or 'fd@' between processes");
  }
  const type = named?.type ?? (typed === "" ? null : typed === "stream+" ? "stream" : "datagram");
  if (type === "datagram" && !rule.datagram) fail(`dgram-type address not acceptable in '${part}'`);
  const isStream = type === null ? !rule.datagram : type === "stream";
  if (kind === "unix") return { ...unixAddress(rest, part, word), isStream };
  if (kind === "abstract") return { kind, name: rest, isStream };
  if (kind === "fd") return descriptorAddress(rest, part, rule, word);
  return { ...ipAddress(rest, named?.family ?? null, part, rule, word), kind: "ip", isStream };
}

function unixAddress(path: string, part: string, word: Word): { kind: "unix"; path: string } {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new Complaint(`socket path '${part}' too long (max ${maxPathBytes})`, word);
  }
  return { kind: "unix", path };
}

function descriptorAddress(rest: string, part: string, rule: AddressRule, word: Word): ParsedAddress {
  if (!/^\d+$/.test(rest)) throw new Complaint(`file descriptor '${rest}' is not a valid integer in '${part}'`, word);
  if (!rule.descriptor) throw new Complaint(`a file descriptor is not acceptable here in '${part}'`, word);
  const fd = Number(rest);
  let reason: string | null = null;
  try {
    if (!fstatSync(fd).isSocket()) reason = "Socket operation on non-socket";
  } catch {
    reason = "Bad file descriptor";
  }
  if (reason !== null) throw new Complaint(`cannot use file descriptor '${fd}' : ${reason}.`, word);
  return { kind: "fd", fd };
}

function ipAddress(
  rest: string,
  family: 4 | 6 | null,
  part: string,
  rule: AddressRule,
  word: Word,
): Omit<Extract<ParsedAddress, { kind: "ip" }>, "kind" | "isStream"> {
  const { host, port } = splitPort(rest, family);
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const version = isIP(bare);
  const everywhere = bare === "" || bare === "*";
  const wrongFamily = version !== 0 && family !== null && version !== family;
  const broken = version === 0 && !everywhere && !/^[A-Za-z0-9_]([A-Za-z0-9_.-]*)$/.test(bare);
  const ports = parsePort(port, part, rule, word);
  if (wrongFamily || broken || (host !== bare && version !== 6)) {
    throw new Complaint(`invalid address: '${host}' in '${part}'`, word);
  }
  return {
    host: everywhere ? "" : bare,
    isName: version === 0 && !everywhere,
    family: version === 0 ? family : version === 4 ? 4 : 6,
    ...ports,
  };
}

/** The last colon is the port's, unless the whole is an IPv6 address in brackets. */
function splitPort(rest: string, family: 4 | 6 | null): { host: string; port: string | null } {
  const colon = rest.lastIndexOf(":");
  if (colon < 0 || rest.endsWith("]")) return { host: rest, port: null };
  if (family === 6 && rest === "::") return { host: rest, port: null };
  return { host: rest.slice(0, colon), port: rest.slice(colon + 1) };
}

function parsePort(
  port: string | null,
  part: string,
  rule: AddressRule,
  word: Word,
): { firstPort: number; lastPort: number; hasPort: boolean; offset: number } {
  const fail = (message: string): never => {
    throw new Complaint(message, word);
  };
  if (port === null || port === "") {
    if (rule.port === "required") fail(`missing port specification in '${part}'`);
    return { firstPort: 0, lastPort: 0, hasPort: false, offset: 0 };
  }
  const range = /^(\d+)-(\d+)$/.exec(port);
  const offset = /^[+-]\d+$/.test(port);
  if (range === null && !offset && !/^\d+$/.test(port)) {
    const character = /^[+-]?\d*(.)/s.exec(port)?.[1] ?? "";
    fail(`invalid character '${character}' in port number '${port}' in '${part}'`);
  }
  if (offset) {
    if (!rule.offset) fail(`port offset not permitted here in '${part}'`);
    const value = Number(port);
    if (Math.abs(value) > 65_535) fail(`invalid port '${port.slice(1)}'`);
    return { firstPort: 0, lastPort: 0, hasPort: false, offset: value };
  }
  const first = Number(range?.[1] ?? port);
  const last = Number(range?.[2] ?? port);
  if (range !== null && !rule.range) fail(`port range not permitted here in '${part}'`);
  const least = rule.port === "required" ? 1 : 0;
  for (const one of [first, last]) if (one > 65_535 || one < least) fail(`invalid port '${one}'`);
  if (last < first) fail(`invalid port range '${first}-${last}'`);
  return { firstPort: first, lastPort: last, hasPort: first !== 0, offset: 0 };
}

/** A parsed address as a server's. `:port` and `*` stand for the address the client connected to (host ""). */
export function serverAddress(parsed: ParsedAddress): ServerAddress {
  if (parsed.kind === "unix") return { kind: "unix", path: parsed.path };
  if (parsed.kind === "abstract") return { kind: "abstract", name: parsed.name };
  if (parsed.kind === "fd") throw new Error("a server's address is never a descriptor");
  const { host, isName, family, firstPort, hasPort, offset } = parsed;
  return { kind: "tcp", host, isName, family, port: hasPort ? firstPort : null, portOffset: offset };
}
