/** Sessions of made-up clients, as far as penalties look at them. */
import type { SocketAddress } from "../../../../src/address.ts";
import type { Event } from "../../../../src/events.ts";
import type { FrontendPlan } from "../../../../src/plan/proxy.ts";
import { sshDefaults } from "../../../../src/plan/ssh/ssh.ts";
import { sshPenaltiesDefaults, type SshPenaltiesPlan } from "../../../../src/plan/ssh/ssh-penalties.ts";
import type { SshSession } from "../../../../src/proxy/process/ssh-place.ts";

export function tcp(host: string): SocketAddress {
  return { kind: "tcp", host, port: 40_000 };
}

/** A frontend of that name; null: without penalties. */
export function frontendPlan(change: Partial<SshPenaltiesPlan> | null, name = "in"): FrontendPlan {
  const penalties = change === null ? null : { ...sshPenaltiesDefaults, ...change };
  return { name, logs: [], disabled: false, ssh: { ...sshDefaults, penalties } } as unknown as FrontendPlan;
}

export interface Scene {
  readonly events: Event[];
  /** A session from `source`, which `peer` brings where one is named. */
  session(
    source: string,
    more?: { peer?: string; local?: boolean; plan?: FrontendPlan; ssh?: SshSession["ssh"] },
  ): SshSession;
}

export function scene(plan: FrontendPlan): Scene {
  const events: Event[] = [];
  const process = { emit: (event: Event) => void events.push(event) };
  return {
    events,
    session(source, { peer, local = false, plan: own = plan, ssh = null } = {}) {
      const proxyHeader = peer === undefined ? null : { version: 1, local, tlvs: [] };
      return {
        front: { plan: own, process },
        peer: tcp(peer ?? source),
        source: tcp(source),
        proxyHeader,
        standing: null,
        ssh,
      } as unknown as SshSession;
    },
  };
}
