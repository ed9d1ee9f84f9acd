/** What only sockets that libc opens can do: refusing it is better than doing otherwise than the configuration says. */
import { type ConnectOptions, type KeepAlive, type ListenOptions, TransportError } from "./transport.ts";

/** What of a listener's options a runtime's own sockets cannot set, by the words that ask for it. */
export function refusedOfListener(options: Omit<ListenOptions, "address">): readonly string[] {
  return [
    ...namesOf([
      ["transparent", options.transparent],
      ["defer-accept", options.deferAccept],
      ["tfo", options.fastOpen],
      ["interface", options.interface !== null],
      ["mss", options.mss !== null],
      ["tcp-ut", options.userTimeoutMs !== null],
      ["cc", options.congestion !== null],
    ]),
    ...refusedOfKeepAlive("clitcpka", options.keepAlive),
  ];
}

/** The same of a connection to a server. */
export function refusedOfConnection(
  options: Pick<
    ConnectOptions,
    "transparent" | "fastOpen" | "interface" | "mark" | "userTimeoutMs" | "congestion" | "keepAlive"
  >,
): readonly string[] {
  return [
    ...namesOf([
      ["usesrc", options.transparent],
      ["tfo", options.fastOpen],
      ["interface", options.interface !== null],
      ["mark", options.mark !== null],
      ["tcp-ut", options.userTimeoutMs !== null],
      ["cc", options.congestion !== null],
    ]),
    ...refusedOfKeepAlive("srvtcpka", options.keepAlive),
  ];
}

/** Throws for the options of a listener that a runtime's own sockets cannot set. */
export function refuseListenOptions(options: ListenOptions): void {
  refuse(refusedOfListener(options));
}

/** Throws for the options of a connection that a runtime's own sockets cannot set. */
export function refuseConnectOptions(options: ConnectOptions): void {
  if (mayBeRefused(options)) refuse(refusedOfConnection(options));
}

/** Of each connection there is nothing to be made when it asks for nothing. */
function mayBeRefused(options: ConnectOptions): boolean {
  const { keepAlive } = options;
  const isPaced = keepAlive !== null && (keepAlive.intervalSeconds !== null || keepAlive.count !== null);
  const asked = isPaced || options.transparent || options.fastOpen || options.interface !== null;
  return asked || options.mark !== null || options.userTimeoutMs !== null || options.congestion !== null;
}

function refusedOfKeepAlive(option: string, keepAlive: KeepAlive | null): readonly string[] {
  if (keepAlive === null) return [];
  return namesOf([
    [`${option}-intvl`, keepAlive.intervalSeconds !== null],
    [`${option}-cnt`, keepAlive.count !== null],
  ]);
}

function namesOf(options: readonly (readonly [name: string, isAsked: boolean])[]): readonly string[] {
  return options.filter(([, isAsked]) => isAsked).map(([name]) => name);
}

function refuse(names: readonly string[]): void {
  if (names.length > 0)
    throw new TransportError("ENOPROTOOPT", `${names.join(", ")} would need libc's sockets, which do not serve here`);
}
