/** What those who check a server need of it: a server as they see it. */
import type { CheckResult, EventListener, ServerState } from "../../events.ts";
import type { Faults } from "../../faults.ts";
import type { ConnectOptions, Transport } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { AgentPlan, ServerPlan } from "../../plan/server.ts";
import type { TlsProcess } from "../tls/tls-process.ts";
import type { ExternalSubject } from "./run/external-check.ts";
import type { ProbePace } from "../time/probe-pace.ts";
import type { AgentAnswer } from "./agent-answer.ts";

export interface CheckedServer {
  readonly name: string;
  readonly plan: ServerPlan;
  readonly backend: CheckedBackend;
  readonly state: ServerState;
  readonly standing: { readonly health: "up" | "down" | "stopping" };
  readonly weight: number;
  /** When slow start began; null: at full weight. */
  readonly warmingSince: number | null;
  /** Where connections go; null while its name has no address. */
  readonly address: SocketAddress | null;
  /** Socket options of its checks. */
  readonly checkSocket: Omit<ConnectOptions, "address" | "timeoutMs">;
  readonly counters: { readonly current: number };
  readonly queue: { readonly length: number };
  /** For whoever speaks SSH to it. */
  readonly probes: ProbePace;
  /** It took so long to identify itself, in SSH. */
  identified(ms: number): void;
  /** A check has ended and was counted. */
  checked(passed: boolean, isConditional: boolean, result: CheckResult): void;
  /** The agent has answered. */
  heard(answer: AgentAnswer, result: CheckResult): void;
}

interface CheckedBackend {
  readonly plan: BackendPlan;
  readonly totalWeight: number;
  readonly counters: { readonly current: number };
  readonly queue: { readonly length: number };
  readonly process: {
    readonly transport: Transport;
    readonly faults: Faults;
    readonly emit: EventListener;
    readonly noticeOnce: (text: string) => void;
    readonly tls: TlsProcess;
  };
}

/** Where a server's agent is asked: its own address, else the server's. */
export function agentAddress(server: CheckedServer, agent: AgentPlan): SocketAddress | null {
  const own = agent.address;
  if (own !== null && own.kind !== "tcp") return own;
  const host = own?.host ?? (server.address?.kind === "tcp" ? server.address.host : null);
  return host === null ? null : { kind: "tcp", host, port: agent.port };
}

/** What a check by a program is told. `listenAddress`: what the front half of a `listen` is bound to first. */
export function externalSubject(
  { backend, plan, counters }: CheckedServer,
  listenAddress: (name: string) => SocketAddress | null,
): ExternalSubject {
  return {
    proxy: backend.plan,
    listener: backend.plan.isListen ? listenAddress(backend.plan.name) : null,
    server: plan,
    maxconn: plan.maxconn,
    connections: counters.current,
  };
}
