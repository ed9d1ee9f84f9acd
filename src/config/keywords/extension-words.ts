/** Words inside lines that HAProxy does not know: its own manual cannot tell of them. */
import type { Keyword, Scope } from "../row/row.ts";
import { fetches } from "../../rules/fetches/fetches.ts";
import { firstMoment } from "../../rules/samples/sites.ts";

function extension(scope: Scope, name: string, usage: string, help: string): Keyword {
  return {
    name,
    scope,
    where: "",
    usage,
    class: "works",
    reason: null,
    tier: null,
    mode: null,
    isExtension: true,
    help,
  };
}

/** Actions of rules. */
export const actionWords: readonly Keyword[] = [
  extension(
    "action",
    "ssh-reject",
    "<format> [code <1..15>]",
    "In tcp-request session and content rules: refuses a client of SSH with a text that it shows.",
  ),
  extension(
    "action",
    "ssh-tarpit",
    "",
    "In tcp-request connection and content rules: keeps a client of SSH waiting for `timeout tarpit`, or 10 minutes.",
  ),
];

const meanings: ReadonlyMap<string, string> = new Map([
  ["ssh.client.ident", "The client's identification line."],
  ["ssh.client.software", "The software that it names, as `OpenSSH`."],
  ["ssh.client.version", "The version of that, as `9.2p1`."],
  ["ssh.server.ident", "The server's identification line."],
  ["ssh.server.software", "The software that it names."],
  ["ssh.server.version", "The version of that."],
  ["ssh.client.hassh", "HASSH of the client: MD5 of what it offers, in hexadecimal."],
  ["ssh.client.hassh_string", "What that is the MD5 of."],
  ["ssh.server.hassh", "HASSH of the server."],
  ["ssh.server.hassh_string", "What that is the MD5 of."],
  ["ssh.kex", "The key exchange that both will choose."],
  ["ssh.hostkey_alg", "The server's kind of key that both will choose."],
  ["ssh.cipher.c2s", "The cipher that both will choose towards the server."],
  ["ssh.cipher.s2c", "The same towards the client."],
  ["ssh.mac.c2s", "The MAC towards the server; `implicit` where the cipher brings its own."],
  ["ssh.mac.s2c", "The same towards the client."],
  ["ssh.compression.c2s", "The compression towards the server."],
  ["ssh.compression.s2c", "The same towards the client."],
  ["ssh.pq", "Whether the key exchange withstands quantum computers: `yes` or `no`."],
  ["ssh.pq.offered", "Who offers one that does: `both`, `client`, `server` or `none`."],
  ["ssh.strict_kex", "Whether key exchange is strict: 1 or 0."],
  ["ssh.terrapin", "Whether what was chosen is open to CVE-2023-48795: 1 or 0."],
  ["ssh.time_to_ident", "Milliseconds that the server took for its line."],
]);

const penalty = extension(
  "sample",
  "ssh.penalty",
  "",
  "Milliseconds left of what `ssh-penalties` holds against the source; 0: nothing. From tcp-request connection on.",
);

const own = [...fetches.values()].filter(({ source }) => firstMoment(source) !== null);

/** Samples. */
export const sampleWords: readonly Keyword[] = [
  penalty,
  ...own.map(({ name, source }) =>
    extension(
      "sample",
      name,
      "",
      `${meanings.get(name) ?? ""} From tcp-${source === "SSH client identification" ? "request" : "response"} content on.`,
    ),
  ),
];
