/** How to connect to a server: socket options out of its plan and its backend's, for sessions and for checks. */
import { isIP } from "node:net";
import type { ConnectOptions } from "../../net/transport.ts";
import { isLoopback, type SocketAddress } from "../../address.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { ServerPlan, SourcePlan } from "../../plan/server.ts";
import type { HttpView } from "../../rules/http-view.ts";
import { listValue } from "../../wire/http/occurrences.ts";
import { SourcePorts } from "./source-ports.ts";

/** A server as far as connecting to it goes. */
export interface Located {
  readonly plan: ServerPlan;
  readonly backend: { readonly plan: BackendPlan };
  /** Where it is; null while its name has no address. */
  readonly address: SocketAddress | null;
}

/** Whose connection it will be. */
export interface ConnectFor {
  readonly source: SocketAddress;
  /** Where the client connected to. */
  readonly destination: SocketAddress;
  /** Its request, where there is one. */
  readonly http?: HttpView | null;
}

/** No address: who goes there goes to where its client wanted to go. */
function isAny(address: SocketAddress | null): boolean {
  if (address === null || address.kind !== "tcp") return false;
  const { host } = address;
  return host === "0.0.0.0" || host === "::" || host === "";
}

/** Whether each client needs options of its own: for the address or the port, or because it shows itself to the server. */
export function dependsOnClient({ plan, backend, address: current }: Located): boolean {
  const { address } = plan;
  const source = plan.source ?? backend.plan.source;
  return (
    (address.kind === "tcp" && (address.port === null || address.portOffset !== 0)) ||
    isAny(current) ||
    source?.useSource === "client" ||
    source?.useSource === "clientip" ||
    isOfHeader(source?.useSource ?? null)
  );
}

type UseSource = SourcePlan["useSource"];

function isOfHeader(useSource: UseSource): boolean {
  return useSource !== null && typeof useSource === "object" && "header" in useSource;
}

/** `usesrc hdr_ip()`: the value that the request has there; undefined: none. Null: nothing is asked for. */
export function sourceField({ plan, backend }: Located, from: ConnectFor): string | undefined | null {
  const source = plan.source ?? backend.plan.source;
  if (source === null) return null;
  const { useSource } = source;
  if (useSource === null || typeof useSource === "string" || !("header" in useSource)) return null;
  // Not before: to be asked makes an exchange show itself.
  const request = from.http?.request ?? null;
  return request === null ? null : listValue(request.fields, useSource.header, useSource.occurrence);
}

/**
 * From where to where a client's connection to a server goes, and what its PROXY header says of that; null where it is the same for
 * all. The server must have an address.
 */
export function routeOf(server: Located, client: ConnectFor): string | null {
  const told = server.plan.proxyHeader === null ? "" : `${textOf(client.source)} ${textOf(client.destination)}`;
  if (!dependsOnClient(server)) return told === "" ? null : told;
  const { address, source } = connectOptions(server, client);
  const from = source === null ? "" : `${source.host} ${source.port}`;
  return `${from} ${textOf(address)} ${told}`;
}

function textOf(address: SocketAddress): string {
  return address.kind === "tcp" ? `${address.host} ${address.port}` : "";
}

/** For a session. The server must have an address. */
export function connectOptions(server: Located, from: ConnectFor): ConnectOptions {
  const { plan, backend } = server;
  const { source: client, destination } = from;
  const source = plan.source ?? backend.plan.source;
  const useSource = source?.useSource ?? null;
  const asClient = (useSource === "client" || useSource === "clientip") && client.kind === "tcp" ? client : null;
  const address = addressFor(server, destination);
  const said = sourceField(server, from) ?? "";
  const isSaid = isIP(said) !== 0 && address.kind === "tcp" && isIP(said) === isIP(address.host);
  const local =
    asClient !== null
      ? { host: asClient.host, port: useSource === "client" ? asClient.port : 0 }
      : isSaid
        ? { host: said, port: 0 }
        : useSource !== null && typeof useSource === "object" && "host" in useSource
          ? useSource
          : source;
  return {
    address,
    source: local === null || local.host === "*" || local.host === "" ? null : { host: local.host, port: local.port },
    interface: source?.interface ?? null,
    transparent: useSource !== null && (isSaid || !isOfHeader(useSource)),
    keepAlive: backend.plan.keepAlive,
    buffers: plan.buffers,
    userTimeoutMs: plan.userTimeoutMs,
    fastOpen: plan.fastOpen,
    congestion: plan.congestion,
    quickAck: true,
    mark: null,
    timeoutMs: backend.plan.timeouts.connectMs,
  };
}

/** How to connect for a check, wherever it goes. */
export type CheckSocket = Omit<ConnectOptions, "address" | "timeoutMs">;

/** For its checks: a source that depends on the client is left out. */
export function checkOptions({ plan, backend }: Located): CheckSocket {
  const source = plan.source ?? backend.plan.source;
  const isOpen = source === null || source.host === "*" || source.host === "";
  return {
    source: isOpen ? null : { host: source.host, port: 0 },
    interface: source?.interface ?? null,
    transparent: false,
    keepAlive: null,
    buffers: plan.buffers,
    userTimeoutMs: plan.userTimeoutMs,
    fastOpen: false,
    congestion: plan.congestion,
    quickAck: true,
    isBrief: true,
    mark: null,
  };
}

/** How to connect to one server, worked out once for all where that is possible. */
export class ServerSockets {
  #options: ConnectOptions | null = null;
  #savingOptions: ConnectOptions | null = null;
  #checks: CheckSocket | null = null;
  #sourcePorts: SourcePorts | null = null;

  constructor(private readonly server: Located) {}

  /** Its plan or its backend's is another. */
  forget(): void {
    this.#options = this.#savingOptions = this.#checks = null;
  }

  forgetAddress(): void {
    this.#options = this.#savingOptions = null;
  }

  /**
   * One object serves all sessions unless the port or the source address depends on the client. The server must have an
   * address. `savesAck`: there is something to be sent at once that takes the handshake's last ACK with it.
   */
  optionsFor(client: ConnectFor, savesAck: boolean): ConnectOptions {
    const known = savesAck ? this.#savingOptions : this.#options;
    if (known !== null) return known;
    const planned = connectOptions(this.server, client);
    const options = savesAck ? { ...planned, quickAck: false } : planned;
    if (dependsOnClient(this.server)) return options;
    if (savesAck) this.#savingOptions = options;
    else this.#options = options;
    return options;
  }

  /**
   * Whether to save the handshake's last ACK where that is possible: as asked for, or where nothing is said and it is on the
   * loopback interface. There each packet costs this machine twice, and no network is to be looked at.
   */
  get savesAck(): boolean {
    const { address, backend } = this.server;
    return backend.plan.tcpSmartConnect ?? (address !== null && address.kind === "tcp" && isLoopback(address.host));
  }

  get checks(): CheckSocket {
    return (this.#checks ??= checkOptions(this.server));
  }

  /** Of `source` with a range; null: the kernel chooses a port, or there is just one. */
  get sourcePorts(): SourcePorts | null {
    const range = this.server.plan.source;
    if (range === null || range.port === range.lastPort || range.useSource !== null) return null;
    const known = this.#sourcePorts;
    if (known?.first === range.port && known.last === range.lastPort) return known;
    return (this.#sourcePorts = new SourcePorts(range.port, range.lastPort));
  }
}

/** Where the server leaves the address or the port to the client, it is the one that the client connected to. */
function addressFor({ plan, address }: Located, wanted: SocketAddress): SocketAddress {
  const planned = plan.address;
  if (address === null) throw new Error(`server ${plan.name} has no address`);
  if (address.kind !== "tcp" || planned.kind !== "tcp") return address;
  const host = isAny(address) && wanted.kind === "tcp" ? wanted.host : address.host;
  if (address.port !== 0 && planned.port !== null) return host === address.host ? address : { ...address, host };
  const wantedPort = wanted.kind === "tcp" ? wanted.port : 0;
  const port = address.port !== 0 ? address.port : wantedPort + planned.portOffset;
  return { kind: "tcp", host, port: port & 0xffff };
}
