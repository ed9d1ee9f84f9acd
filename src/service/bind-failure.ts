/** Why an address could not be bound, in HAProxy's words, with who holds it and what to do. */
import type { Position } from "../plan/position.ts";
import { type FindHolder, portHolder, type PortHolder } from "./runtime/port-holder.ts";
import { systemText } from "../system/text.ts";

/** A bind that failed. `code` is the system's name for the error. */
export interface BindFailure {
  readonly position: Position;
  /** `frontend fe`, `proxy li`, … */
  readonly proxy: string;
  /** As HAProxy shows it in brackets: `127.0.0.1:22`, `/path`, … */
  readonly address: string;
  /** As `FindHolder` takes it; nothing for what is not a TCP port. */
  readonly host: string;
  /** Null for what is not a TCP port. */
  readonly port: number | null;
  readonly code: string;
  readonly message: string;
}

/** Codes that say all; with any other, EINVAL above all, a transport says more in its message. */
const plainCodes: ReadonlySet<string> = new Set(
  "EADDRINUSE EADDRNOTAVAIL EACCES EPERM ENOENT ENOTDIR EAFNOSUPPORT EMFILE ENAMETOOLONG ENODEV EBADF ENOTSOCK".split(
    " ",
  ),
);

/** HAProxy's line, then a line for each thing that helps. `findHolder` looks up who is in the way. */
export function bindFailureText(failure: BindFailure, findHolder: FindHolder = portHolder): string {
  const { file, line } = failure.position;
  const first = `Binding [${file}:${line}] for ${failure.proxy}: cannot bind socket (${reasonOf(failure)}) for [${failure.address}]`;
  const help = advice(failure, findHolder);
  return help === null ? first : `${first}\n    ${help}`;
}

/** The same of an address that no file names: the reason in brackets, then a line of what helps. */
export function bindReasonText(
  failure: Pick<BindFailure, "code" | "message" | "host" | "port">,
  findHolder: FindHolder = portHolder,
): string {
  const help =
    failure.code === "EADDRNOTAVAIL" ? "no interface of this machine has that address" : advice(failure, findHolder);
  return help === null ? `(${reasonOf(failure)})` : `(${reasonOf(failure)})\n    ${help}`;
}

function reasonOf({ code, message }: Pick<BindFailure, "code" | "message">): string {
  return plainCodes.has(code) ? (systemText(code) ?? message) : message;
}

/** What to do about a holder: only a process like this one understands what `-sf` sends. */
function wayOut({ pid, command }: PortHolder): string {
  if (/^(?:fairlead|haproxy)/.test(command)) return `stop it, or start as the same user with -sf ${pid}`;
  if (command === "sshd")
    return "give the machine's own SSH server another port ('Port' in sshd_config), or bind an address that it leaves free";
  if (command === "systemd") return "a socket unit of systemd has it: 'systemctl list-sockets' names that";
  return "stop it, or bind another address or port";
}

function advice(
  { code, host, port }: Pick<BindFailure, "code" | "host" | "port">,
  findHolder: FindHolder,
): string | null {
  if (code === "EADDRINUSE" && port !== null) {
    const holder = findHolder(port, host);
    if (holder !== null) return `port ${port} is held by process ${holder.pid} (${holder.command}); ${wayOut(holder)}`;
    return `another process listens on port ${port}; as root, 'ss -ltnp' names it`;
  }
  if (code === "EACCES" && port !== null && port < 1024) {
    return `ports below 1024 need root (with 'user' and 'group' in global, root is given up afterwards), CAP_NET_BIND_SERVICE, or sysctl net.ipv4.ip_unprivileged_port_start=${port}`;
  }
  if (code === "EADDRNOTAVAIL")
    return "no interface of this machine has that address (option 'transparent' binds it all the same)";
  return null;
}
