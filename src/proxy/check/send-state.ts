/** `http-check send-state`: the header that tells a checked server how it stands. */
import { hostname } from "node:os";
import { clockMs } from "../../clock.ts";
import type { Health } from "./health.ts";
import { shownWeight } from "../process/weight.ts";
import type { CheckedServer } from "./checked-server.ts";

/** The header's value, as HAProxy's checks have it. `node`: the process's `node`; null stands for the machine's name. */
export function stateOf(server: CheckedServer, health: Health, node: string | null): string {
  const { address, backend, counters } = server;
  const isTcp = address?.kind === "tcp";
  const parts = [
    course(server, health),
    `address=${isTcp ? address.host : "unix"}`,
    `port=${isTcp ? address.port : ""}`,
    `name=${backend.plan.name}/${server.name}`,
    `node=${node ?? hostname()}`,
    `weight=${shownWeight(server.weight)}/${shownWeight(backend.totalWeight)}`,
    `scur=${counters.current}/${backend.counters.current - backend.queue.length}`,
    `qcur=${server.queue.length}`,
  ];
  if (server.warmingSince !== null) parts.push(`throttle=${warmth(server.warmingSince, server.plan.slowstartMs)}%`);
  return parts.join("; ");
}

/** Up or down, and how far on its way to the other. */
function course({ state, standing }: CheckedServer, { value, rise, fall }: Health): string {
  if (state === "DOWN") return value === 0 ? "DOWN" : `DOWN ${value}/${rise}`;
  const name = standing.health === "stopping" ? "NOLB" : "UP";
  return value === rise + fall - 1 ? name : `${name} ${value - rise + 1}/${fall}`;
}

/** How much of its slow start is over, in per cent by whole seconds: not what its weight has come to. */
function warmth(since: number, slowstartMs: number): number {
  const seconds = Math.floor((clockMs() - since) / 1000);
  return Math.min(100, Math.max(1, Math.floor((100 * 1000 * seconds) / slowstartMs)));
}
