/** `show errors`: the bad messages that were captured, as HAProxy prints them. */
import type { BackendStats, CapturedFault, FrontendStats } from "../../proxy/public.ts";
import { type Answer, err } from "./answer.ts";
import type { AdminCommand } from "./command.ts";
import type { AdminSources } from "./sources.ts";
import type { Rows } from "../answers/slices.ts";
import { addressText } from "../../address.ts";
import { logDate } from "../log/syslog.ts";

/** As in HAProxy, whose buffers keep so much for themselves. */
const keptBytes = 48;
/** Characters of a line behind its offset. */
const lineCharacters = 70;

export const errorCommands: readonly AdminCommand[] = [
  {
    words: ["show", "errors"],
    usage: "show errors [<px>] [request|response]",
    help: "report last request and/or response errors for each proxy",
    level: "operator",
    run: showErrors,
  },
];

function showErrors([which, direction]: readonly string[], { info }: AdminSources): Answer {
  const { proxy } = info;
  let id = Number.parseInt(which ?? "-1", 10) || 0;
  if (id === 0) {
    const named = proxy.frontend(which ?? "") ?? proxy.backend(which ?? "");
    if (named === null) return err("No such proxy.\n");
    ({ id } = named);
  }
  return errorRows(proxy, id, direction);
}

function* errorRows(proxy: AdminSources["info"]["proxy"], id: number, direction: string | undefined): Rows {
  yield `Total events captured on [${logDate(Date.now())}] : ${proxy.capturedFaults}\n`;
  for (const one of proxy.proxies()) {
    const fault = proxy.lastFault(one);
    if (fault === null || (id >= 0 && one.id !== id && fault.other?.id !== id)) continue;
    if (direction === (one.kind === "frontend" ? "response" : "request")) continue;
    yield " \n";
    yield headline(one, fault);
    yield* dump(fault.bytes);
  }
}

function headline({ kind, name, id }: FrontendStats | BackendStats, fault: CapturedFault): string {
  const { at, event, client, server, bytes, bufferBytes } = fault;
  const other = fault.other ?? { name: "<NONE>", id: -1 };
  const { name: serverName, id: serverId } = server ?? { name: "<NONE>", id: -1 };
  const isRequest = kind === "frontend";
  const source = client.kind === "tcp" ? addressText(client) : `unix:${fault.listenerId}`;
  const state = stateOf(fault, isRequest);
  return [
    `[${logDate(at)}] ${kind} ${name} (#${id}): invalid ${isRequest ? "request" : "response"}`,
    `  ${isRequest ? "backend" : "frontend"} ${other.name} (#${other.id}), server ${serverName} (#${serverId}), event #${event}, src ${source}`,
    `  buffer starts at 0 (including 0 out), ${Math.max(0, bufferBytes - bytes.length)} free,`,
    `  len ${bytes.length}, wraps at ${bufferBytes - keptBytes}, error at position ${state.position}`,
    `  H1 connection flags ${hex(isRequest ? 0x100 : 0x80002200)}, H1 stream flags ${hex(streamFlags(fault, isRequest))}`,
    `  H1 msg state MSG_${state.name}(${state.number}), H1 msg flags ${hex(state.flags)}`,
    `  H1 chunk len ${state.length} bytes, H1 body len ${state.length} bytes :`,
    "  \n",
  ].join("\n");
}

function hex(flags: number): string {
  return `0x${flags.toString(16).padStart(8, "0")}`;
}

function streamFlags({ isFirst, isPersistent, part }: CapturedFault, isRequest: boolean): number {
  if (!isRequest) return 0x4818;
  if (part === "accepted") return isPersistent ? 0x18 : 0x10;
  return isFirst ? 0x810 : 0x890;
}

// What HAProxy's parser says of itself, as far as the bytes tell: where it stood, and what it had learnt.

interface ParserState {
  readonly name: string;
  readonly number: number;
  readonly flags: number;
  readonly position: number;
  /** By Content-Length. */
  readonly length: number;
}

const requestPlaces = ["RQMETH 2", "RQURI 4", "RQVER 6"];
const responsePlaces = ["RPVER 10", "RPCODE 12", "RPREASON 14"];
const places = { "chunk-size": "CHUNK_SIZE 26", "chunk-end": "CHUNK_CRLF 28", trailers: "TRAILERS 29" };

const cleans = 0x1400;
const isResponse = 0x4;
const isVersion11 = 0x10;
const hasLength = 0x1;
const knowsLength = 0x100;
const closes = 0x20;
const keepsAlive = 0x40;
const isChunked = 0x10202;
const isChunkedBody = 0x10312;

function stateOf(fault: CapturedFault, isRequest: boolean): ParserState {
  const { part, bytes, position } = fault;
  const base = cleans | (isRequest ? 0 : isResponse);
  if (part === "chunk-size" || part === "chunk-end" || part === "trailers") {
    return { ...placeOf(places[part]), flags: base | isChunkedBody, position, length: 0 };
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  if (part === "accepted") {
    const { flags, length } = learntFrom((text.split("\r\n\r\n")[0] ?? "").split("\n"));
    const hasBody = length > 0 || (flags & isChunked) !== 0;
    return { ...placeOf(hasBody ? "DATA 27" : "DONE 30"), flags: base | knowsLength | flags, position, length };
  }
  const lines = text.slice(0, position).split("\n");
  const { flags, length } = learntFrom(lines.length > 1 ? lines.slice(0, -1) : lines);
  return {
    ...placeOf(placeText(lines, part, isRequest)),
    flags: base | flags,
    position: part === "field" ? valueAt(bytes, position) : position,
    length,
  };
}

function placeOf(text: string): { readonly name: string; readonly number: number } {
  const [name = "", number = ""] = text.split(" ");
  return { name, number: Number(number) };
}

/** `lines`: what stands before the fault, the last one in part. */
function placeText(lines: readonly string[], part: "head" | "field", isRequest: boolean): string {
  if (part === "field") return "HDR_L2_LWS 24";
  const line = lines[lines.length - 1] ?? "";
  if (lines.length === 1) {
    if (line.endsWith("\r")) return isRequest ? (line === "\r" ? "RQBEFORE_CR 1" : "RQLINE_END 7") : "RPLINE_END 15";
    const places = isRequest ? requestPlaces : responsePlaces;
    return places[Math.min(2, line.split(" ").length - 1)] ?? "";
  }
  const colon = line.indexOf(":");
  if (line === "\r") return "LAST_LF 25";
  if (colon < 0) return "HDR_NAME 17";
  if (!line.endsWith("\r")) return "HDR_VAL 22";
  return line.slice(colon + 1).trim() === "" ? "HDR_L1_LF 20" : "HDR_L2_LF 23";
}

/** Where the value begins of the field at `from`. */
function valueAt(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0x3a, from) + 1;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
  return at;
}

function learntFrom(lines: readonly string[]): { readonly flags: number; readonly length: number } {
  let flags = / HTTP\/1\.1\r$|^HTTP\/1\.1 /.test(lines[0] ?? "") ? isVersion11 : 0;
  let length = 0;
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const lower = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (lower === "content-length" && /^\d+$/.test(value)) {
      flags |= hasLength;
      length = Number(value);
    } else if (lower === "transfer-encoding" && value.toLowerCase() === "chunked") flags |= isChunked;
    else if (lower === "connection")
      flags |= (/\bclose\b/i.test(value) ? closes : 0) | (/\bkeep-alive\b/i.test(value) ? keepsAlive : 0);
  }
  return { flags, length };
}

/** The bytes, a line of theirs on one line or more, each with its offset. */
function* dump(bytes: Uint8Array): Rows {
  let text = "";
  let from = 0;
  let isBroken = false;
  for (const [at, byte] of bytes.entries()) {
    const shown = shownBytes[byte] ?? "";
    if (text.length + shown.length > lineCharacters) {
      yield dumpLine(from, isBroken, text);
      [text, from, isBroken] = ["", at, true];
    }
    text += shown;
    if (byte !== 0x0a) continue;
    yield dumpLine(from, isBroken, text);
    [text, from, isBroken] = ["", at + 1, false];
  }
  if (text !== "") yield dumpLine(from, isBroken, text);
}

function dumpLine(offset: number, isBroken: boolean, text: string): string {
  return `  ${String(offset).padStart(5, "0")}${isBroken ? "+" : " "} ${text}\n`;
}

const named = new Map([
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x1b, "\\e"],
  [0x5c, "\\\\"],
]);

const shownBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const text = named.get(byte);
  if (text !== undefined) return text;
  const isPrintable = byte >= 0x20 && byte < 0x7f;
  return isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});
