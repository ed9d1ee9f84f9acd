/** Asks a running process by its stats socket: which one that is, and what it answers. */
import { connect } from "node:net";
import type { StatsSocketPlan } from "../plan/global.ts";
import { wordTable } from "../word-table.ts";
import { parseMasterAddress } from "./master-address.ts";

/** An address of a socket that others can reach. */
export type SocketAddress = Exclude<StatsSocketPlan["bind"]["address"], { readonly kind: "fd" }>;

/** Where the stats socket is: its address, or the configuration that names it ("": the one that the environment names). */
export type SocketPlace =
  { readonly kind: "socket"; readonly address: SocketAddress } | { readonly kind: "file"; readonly file: string };

/** The options of every command that asks a stats socket. */
export const socketArgs = {
  socket: {
    type: "string",
    valueHint: "SOCKET",
    description: "the process's stats socket: /path, abns@NAME or ADDRESS:PORT",
  },
  file: { type: "string", alias: "f", valueHint: "FILE", description: "its configuration, which names the socket" },
} as const;

/** The place that options name; a text says what is wrong with them. */
export function socketPlace({
  socket,
  file,
}: {
  readonly socket?: string | undefined;
  readonly file?: string | undefined;
}): SocketPlace | string {
  if (socket === undefined) return { kind: "file", file: file ?? "" };
  if (file !== undefined) return "'--socket' and '-f' say the same; one is enough";
  const parsed = parseMasterAddress(socket.replaceAll(",", "\0"));
  if (typeof parsed === "string" || parsed.address.kind === "fd" || socket.includes(","))
    return `'--socket' expects /path, abns@NAME or ADDRESS:PORT, not '${socket}'`;
  return { kind: "socket", address: parsed.address };
}

/** The socket of a configuration by which that level may be had; a text says why there is none. */
export function socketOf(
  sockets: readonly StatsSocketPlan[],
  level: StatsSocketPlan["level"],
  file: string,
): SocketAddress | string {
  const ranks = ["user", "operator", "admin"];
  for (const { bind, level: given } of sockets) {
    const { address } = bind;
    if (address.kind !== "fd" && ranks.indexOf(given) >= ranks.indexOf(level)) return address;
  }
  return `${file} has no 'stats socket' of level ${level} that can be reached.\n    Its 'global' may say: stats socket /run/fairlead.sock mode 600 level ${level}`;
}

/** What was answered, or why nothing was. */
export type Said = { readonly said: string } | { readonly failed: string };

/** Answers may be as long as this; nobody waits longer than that for the next piece. */
const limits = { bytes: 256 * 1024 * 1024, ms: 10_000 };

/** Sends one line, and takes all that comes. `mostMs`: nobody waits longer for the next piece. */
export function askSocket(address: SocketAddress, line: string, mostMs = limits.ms): Promise<Said> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    const socket =
      address.kind === "tcp"
        ? connect({ host: reachable(address.host), port: address.port })
        : connect({ path: address.kind === "unix" ? address.path : `\0${address.name}` });
    const fail = (failed: string): void => {
      resolve({ failed });
      socket.destroy();
    };
    socket.setTimeout(mostMs, () => fail("it does not answer"));
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (part: Buffer) => {
      length += part.length;
      if (length > limits.bytes) fail("its answer has no end");
      else parts.push(part);
    });
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) => fail(reasons.get(code ?? "") ?? message));
    socket.on("close", () =>
      resolve(length > 0 ? { said: Buffer.concat(parts).toString() } : { failed: "it says nothing" }),
    );
  });
}

function reachable(host: string): string {
  if (host === "*" || host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

const reasons = wordTable<string>({
  ENOENT: "there is none",
  ECONNREFUSED: "nobody listens there",
  EACCES: "permission denied",
  EPERM: "permission denied",
});

/** A word of a command, whatever is in it but the end of a line; the last of a line must not be `<<`. */
export function commandWord(text: string): string {
  return text.replaceAll(/[\\; \t]/g, "\\$&");
}
