/** What of a socket's options only libc can set, and a runtime's own sockets cannot: refusing it is better than doing otherwise than the configuration says. */
import type { KeepAlive, ListeningSocketPlan } from "./socket.ts";

/** What of a listener's options a runtime's own sockets cannot set, by the words that ask for it. */
export function refusedOfListener(options: Omit<ListeningSocketPlan, "address">): readonly string[] {
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
export function refusedOfConnection(options: {
  readonly transparent: boolean;
  readonly fastOpen: boolean;
  readonly interface: string | null;
  readonly mark: number | null;
  readonly userTimeoutMs: number | null;
  readonly congestion: string | null;
  readonly keepAlive: KeepAlive | null;
}): readonly string[] {
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
