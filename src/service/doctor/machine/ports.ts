/** Whether the addresses of listening sockets can be had: each is bound for a moment, or whoever has it is named. */
import { isIP } from "node:net";
import { literalHost, type SocketAddress } from "../../../address.ts";
import { TransportError } from "../../../net/transport.ts";
import { isTakenBy, parseHealthAddress } from "../../../ops/health/health-endpoint.ts";
import type { BindPlan } from "../../../plan/bind.ts";
import type { FrontendPlan } from "../../../plan/proxy.ts";
import { systemText } from "../../../system/text.ts";
import type { PortHolder } from "../../runtime/port-holder.ts";
import type { Examined } from "../examined.ts";

import type { Finding } from "../finding.ts";
import { isOf } from "./own-process.ts";
import { shellWord } from "./rights.ts";

type TcpPlace = Extract<SocketAddress, { kind: "tcp" }>;

interface Bound {
  readonly owner: string;
  readonly bind: BindPlan;
}

/** Of all TCP sockets that the files name, and of the health endpoint's. Sockets of the running process count as free. */
export async function examinePorts(examined: Examined): Promise<readonly Finding[]> {
  const { plan } = examined;
  const binds = [
    ...plan.frontends.flatMap((frontend) => bindsOf(frontend)),
    ...plan.global.statsSockets.map(({ bind }) => ({ owner: "the stats socket", bind })),
  ];
  const findings: Finding[] = [...doubles(binds), ...healthCollision(examined, binds)];
  // One after the other: two that want the same port must not be in each other's way here.
  for (const bound of binds) {
    const finding = await examine(bound, examined);
    if (finding !== null) findings.push(finding);
  }
  return findings;
}

function bindsOf({ name, disabled, isListen, binds }: FrontendPlan): readonly Bound[] {
  return disabled ? [] : binds.map((bind) => ({ owner: `${isListen ? "listen" : "frontend"} '${name}'`, bind }));
}

/** SO_REUSEPORT lets both of them listen, and the kernel gives each a share of the clients. */
function doubles(binds: readonly Bound[]): readonly Finding[] {
  const first = new Map<string, Bound>();
  return binds.flatMap((bound) => {
    const { address, interface: device, text, position } = bound.bind;
    if (address.kind === "fd") return [];
    const place = address.kind === "tcp" ? [literalHost(address.host), address.port] : address;
    const key = JSON.stringify([place, device]);
    const other = first.get(key);
    first.set(key, other ?? bound);
    if (other === undefined) return [];
    const { file, line } = other.bind.position;
    const what = `${bound.owner} and ${other.owner} (${file}:${line}) both bind ${text}: ${address.kind === "tcp" ? "each gets a part of the clients, by chance" : "only the last one is reached"}`;
    return [{ severity: "error" as const, id: "bound-twice", what, position, fix: null }];
  });
}

/** The health endpoint stays closed then; where it was asked for, nothing starts. */
function healthCollision({ health }: Examined, binds: readonly Bound[]): readonly Finding[] {
  const address = parseHealthAddress(health ?? "");
  const wanted = health === null ? { host: "127.0.0.1", port: 8404 } : address;
  if (wanted === null || wanted === "off") return [];
  const taken = binds.find(({ bind }) => isTakenBy(bind, wanted));
  if (taken === undefined) return [];
  const what = `${taken.owner} binds ${taken.bind.text}, where the health endpoint listens (${health ?? "127.0.0.1:8404, where --health names no other"}): it stays closed`;
  const { position } = taken.bind;
  return [
    {
      severity: health === null ? "note" : "error",
      id: "health-endpoint",
      what,
      position,
      fix: `$ fairlead -f ${position.file} --health 127.0.0.1:${wanted.port + 1}`,
    },
  ];
}

async function examine(bound: Bound, examined: Examined): Promise<Finding | null> {
  const { bind } = bound;
  const { address } = bind;
  // A name that does not resolve is told of elsewhere.
  if (address.kind !== "tcp" || (isIP(address.host) === 0 && !["", "*"].includes(address.host))) return null;
  const failure = await tryToBind(bind, examined);
  return failure === null ? null : told(bound, address, failure, examined);
}

/** Without SO_REUSEPORT, so that no client of a running process is ever given to the probe. */
async function tryToBind(bind: BindPlan, { transport }: Examined): Promise<TransportError | null> {
  try {
    const listener = await transport.listen({ ...bind, sharesPort: false }, (client) => client.reset());
    listener.close();
    return null;
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

function told({ owner, bind }: Bound, place: TcpPlace, failure: TransportError, examined: Examined): Finding | null {
  const { position, text } = bind;
  const { host, port } = place;
  const base = { severity: "error", position } as const;
  if (failure.code === "EADDRINUSE") {
    const holder = examined.holderOf(port, host);
    const { running } = examined;
    // Whose socket it is may be told to root alone: where the process of these files runs, it is its.
    if (running !== null && (holder === null || isOf(holder.pid, running))) return null;
    const who =
      holder === null ? "another process (as root, doctor names it)" : `process ${holder.pid} (${holder.command})`;
    return {
      ...base,
      id: "port-held",
      what: `${owner} cannot bind ${text}: ${who} has port ${port}`,
      fix: wayOut(port, holder, position.file),
    };
  }
  if (failure.code === "EACCES" && port < 1024) {
    // Who has started that process may.
    if (examined.running !== null) return null;
    const what = `${owner} cannot bind ${text}: ports below 1024 need root or CAP_NET_BIND_SERVICE, and this is uid ${process.getuid?.() ?? "?"}`;
    return { ...base, id: "port-rights", what, fix: `$ sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}` };
  }
  if (failure.code === "EADDRNOTAVAIL") {
    const what = `${owner} cannot bind ${text}: no interface of this machine has that address`;
    return { ...base, id: "address-unknown", what, fix: `bind :${port}` };
  }
  const why = systemText(failure.code) ?? failure.message;
  return { ...base, id: "bind-fails", what: `${owner} cannot bind ${text}: ${why}`, fix: null };
}

function wayOut(port: number, holder: PortHolder | null, file: string): string {
  if (holder === null) return `$ sudo ss -ltnp 'sport = :${port}'`;
  const { pid, command } = holder;
  if (/^(?:fairlead|haproxy)/.test(command)) return `$ sudo fairlead -f ${shellWord(file)} -sf ${pid}`;
  if (command === "sshd" && port === 22)
    return "$ sudo sed -i 's/^#*Port .*/Port 2222/' /etc/ssh/sshd_config && sudo systemctl restart ssh";
  return command === "systemd" ? "$ systemctl list-sockets" : `$ sudo kill ${pid}`;
}
