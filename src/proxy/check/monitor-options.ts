/** What a monitor's checks and questions need to know, each asked of the plan that runs by then. */
import type { CheckResult } from "../../events.ts";
import type { SocketAddress } from "../../address.ts";
import type { ConnectOptions, Transport } from "../../net/transport.ts";
import type { CheckPlan } from "../../plan/check.ts";
import type { GlobalPlan } from "../../plan/global.ts";
import { isSame } from "../../plan/same.ts";
import type { AgentPlan, ProxyHeaderPlan, ServerCheckPlan } from "../../plan/server.ts";
import type { AgentAnswer } from "./agent-answer.ts";
import type { AgentOptions } from "./agent.ts";
import { agentAddress, type CheckedServer, externalSubject } from "./checked-server.ts";
import type { Health } from "./health.ts";
import type { CheckSamples } from "./run/check-samples.ts";
import { wantedFor } from "../tls/server-tls.ts";
import type { CheckSecurity, CheckTimeouts } from "./run/dialogue.ts";
import type { CheckOutcome } from "./run/outcome.ts";
import type { SshCheckOptions } from "./run/run-check.ts";
import type { CheckScheduleOptions } from "./schedule.ts";
import { stateOf } from "./send-state.ts";
import type { SshCheckCourse } from "./ssh/course.ts";

/** What all checks of the process have in common, under the plan that runs. */
export interface CommonCheckSettings {
  readonly global: Pick<GlobalPlan, "spreadChecksPercent" | "bufsizeBytes" | "pp2NeverSendLocal" | "node">;
  readonly samples: CheckSamples;
  /** What the front half of a `listen` is bound to first; null: nothing. */
  readonly listenAddress: (name: string) => SocketAddress | null;
}

/** A server, and where and when it is checked now: as planned, or as an operator changed it. */
interface Monitored {
  readonly server: CheckedServer;
  readonly checkPlan: ServerCheckPlan;
  readonly agentPlan: AgentPlan;
}

/** What checks and questions have alike. */
class MonitorOptions {
  readonly transport: Transport;

  constructor(
    protected readonly monitored: Monitored,
    protected readonly common: () => CommonCheckSettings,
  ) {
    this.transport = monitored.server.backend.process.transport;
  }

  get timeouts(): CheckTimeouts {
    return this.monitored.server.backend.plan.timeouts;
  }

  get spreadPercent(): number {
    return this.common().global.spreadChecksPercent;
  }

  get bufsizeBytes(): number {
    return this.common().global.bufsizeBytes;
  }

  socket(): Omit<ConnectOptions, "address" | "timeoutMs"> {
    return this.monitored.server.checkSocket;
  }
}

/** Those of the server's `check`. */
export class HealthCheckOptions extends MonitorOptions implements CheckScheduleOptions {
  constructor(
    monitored: Monitored,
    common: () => CommonCheckSettings,
    private readonly health: Health,
    private readonly course: SshCheckCourse | null,
    readonly report: (outcome: CheckOutcome) => void,
  ) {
    super(monitored, common);
  }

  get check(): CheckPlan {
    return this.monitored.server.backend.plan.check;
  }

  get server(): ServerCheckPlan {
    return this.monitored.checkPlan;
  }

  get proxyHeader(): ProxyHeaderPlan | null {
    return this.monitored.server.plan.proxyHeader;
  }

  get neverSendLocal(): boolean {
    return this.common().global.pp2NeverSendLocal;
  }

  get secure(): CheckSecurity {
    const { server } = this.monitored;
    return {
      process: server.backend.process.tls,
      default: server.plan.tls?.checks ?? null,
      wanted: ({ sni, alpn }) => wantedFor(server, sni, alpn),
    };
  }

  get samples(): CheckSamples {
    return this.common().samples;
  }

  get external(): NonNullable<CheckScheduleOptions["external"]> {
    const { server } = this.monitored;
    return {
      subject: () => externalSubject(server, this.common().listenAddress),
      tell: (text) => server.backend.process.noticeOnce(text),
    };
  }

  get ssh(): SshCheckOptions | null {
    const { course, health } = this;
    return course === null ? null : { course, isSettled: () => health.isUp && !health.isInTransition };
  }

  address(): SocketAddress | null {
    const { server } = this.monitored;
    return server.state === "MAINT" ? null : server.address;
  }

  state(): string {
    return stateOf(this.monitored.server, this.health, this.common().global.node);
  }

  intervalMs(): number {
    return this.health.intervalMs(this.monitored.checkPlan);
  }
}

/** Those of its `agent-check`. */
export class AgentCheckOptions extends MonitorOptions implements AgentOptions {
  #address: SocketAddress | null = null;

  constructor(
    monitored: Monitored,
    common: () => CommonCheckSettings,
    readonly report: (answer: AgentAnswer | null, result: CheckResult) => void,
  ) {
    super(monitored, common);
  }

  get interMs(): number {
    return this.monitored.agentPlan.interMs;
  }

  get send(): string {
    return this.monitored.agentPlan.send;
  }

  address(): SocketAddress | null {
    const next = agentAddress(this.monitored.server, this.monitored.agentPlan);
    if (next?.kind !== "tcp") return next;
    // The same object as long as it says the same: sockets remember what they made of it.
    if (!isSame(next, this.#address)) this.#address = next;
    return this.#address;
  }
}
