/** What those who check a server need of it: a server as they see it. */
import type { CheckResult, EventListener, ServerState } from "../../events.ts";
import type { Faults } from "../../faults.ts";
import type { ConnectOptions, Transport } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { ServerPlan } from "../../plan/server.ts";
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
  };
}
