/** Identification lines (RFC 4253, section 4.2): what software says of itself before anything else. */
import type { SshIdentification } from "../../ssh-facts.ts";
import { bytesOf, latin1 } from "../latin1.ts";

/** What a side may say up to its identification's end, other lines included; OpenSSH itself negotiates with lines of 400. */
export const sshLinesMostBytes = 8192;
/** The RFC's bound of a line with its CR LF, for the one that we send. */
const ownLineMostBytes = 255;

/**
 * Reads a line that begins with `SSH-`, given without its line end; null: it is none.
 *
 * ```text
 * SSH-protocol-word comments      word: software, or software and version in as many ways as there are programs
 * ```
 */
export function readSshIdentification(line: string): SshIdentification | null {
  const dash = line.indexOf("-", 4);
  const protocol = line.slice(4, Math.max(dash, 4));
  const blank = line.indexOf(" ", dash + 1);
  const word = line.slice(dash + 1, blank < 0 ? line.length : blank);
  if (!isVersionNumber(protocol) || word === "") return null;
  const comments = blank < 0 ? null : line.slice(blank + 1);
  const { software, version } = nameAndVersion(word, comments);
  // What outlives its session keeps no long line alive.
  const isLong = line.length > ownLineMostBytes;
  return {
    line,
    protocol,
    software: isLong ? latin1(bytesOf(software)) : software,
    version: isLong ? latin1(bytesOf(version)) : version,
    comments,
  };
}

/** Whether the side that says so goes on with the packets of SSH 2. */
export function speaksSsh2(protocol: string): boolean {
  return protocol === "1.99" || protocol.startsWith("2.");
}

/** Our own line with its CR LF. What may not stand in it becomes `_` in the software's name and `?` in comments. */
export function formatSshIdentification(software: string, comments = ""): Uint8Array {
  const word = software.replaceAll(/[^!-,.-~]/g, "_");
  const rest = comments === "" ? "" : ` ${comments.replaceAll(/[^ -~]/g, "?")}`;
  return bytesOf(`${`SSH-2.0-${word}${rest}`.slice(0, ownLineMostBytes - 2)}\r\n`);
}

function isVersionNumber(protocol: string): boolean {
  return protocol.length < 16 && /^\d+\.\d+$/.test(protocol);
}

interface Software {
  readonly software: string;
  readonly version: string;
}

/** `OpenSSH_9.2p1`, `Cisco-1.25`, `ssh2js1.17.0`, `PuTTY_Release_0.78`, `Go`; and `8.49 FlowSsh: …`, whose name is in the comments. */
function nameAndVersion(word: string, comments: string | null): Software {
  const at = versionStart(word);
  if (at === 0) return versionFirst(word, comments);
  const named = at < 0 ? word : word.slice(0, nameEnd(word, at));
  // What PuTTY, WinSCP and TinySSH put between their name and their version, or in its place.
  const noise = named.search(/[-_](?:release|snapshot|local|development|unidentified|noversion)/i);
  const software = noise > 0 ? named.slice(0, noise) : named;
  return software === "" ? { software: word, version: "" } : { software, version: at < 0 ? "" : word.slice(at) };
}

/** Where digits with a dot begin; else digits behind a sign that separates, or a commit's name; -1: nowhere. */
function versionStart(word: string): number {
  let at = word.search(/\d\.\d/);
  while (at > 0 && isDigit(word.charCodeAt(at - 1))) at--;
  if (at >= 0) return at;
  const apart = word.search(/[-_./]\d/);
  if (apart >= 0) return apart + 1;
  const dash = word.lastIndexOf("-");
  return dash > 0 && word.length < 64 && /^[0-9a-f]{7,40}$/.test(word.slice(dash + 1)) ? dash + 1 : -1;
}

/** Without the signs in between, and the `v` that some put before a number. */
function nameEnd(word: string, version: number): number {
  let end = version;
  if (word[end - 1] === "v" && isSeparator(word[end - 2])) end--;
  while (end > 0 && isSeparator(word[end - 1])) end--;
  return end;
}

/** `1.36_sshlib`, or the name is the comments' first word. */
function versionFirst(word: string, comments: string | null): Software {
  const cut = word.search(/[-_]/);
  if (cut > 0 && cut < word.length - 1) return { software: word.slice(cut + 1), version: word.slice(0, cut) };
  const software = /^(?:SSH )?([^ :]+)/.exec(comments ?? "")?.[1];
  return software === undefined ? { software: word, version: "" } : { software, version: word };
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSeparator(character: string | undefined): boolean {
  return character === "_" || character === "-" || character === "." || character === "/";
}
