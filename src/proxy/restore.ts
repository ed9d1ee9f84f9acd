/** Puts a server back to where a former process left it. */
import { clockMs } from "../clock.ts";
import { isServiceName } from "../wire/dns.ts";
import type { SavedServerState } from "./public.ts";
import type { Monitor } from "./check/monitor.ts";
import type { Server } from "./backend/server.ts";

/**
 * As HAProxy does it: the operator's maintenance and drain, health, the time of the last change, and where an operator had it checked come back; the weight
 * does while the file's initial one is still the configuration's; of a literal address only the port.
 */
export function restoreServer(server: Server, monitor: Monitor | null, saved: SavedServerState): void {
  const { standing, plan, address } = server;
  // Maintenance that came from the file goes with the file; one that an operator lifted stays lifted.
  standing.forcedMaint = saved.isForcedMaint && !saved.isDisabled;
  if (saved.isDisabled && !saved.isForcedMaint) standing.configuredMaint = false;
  standing.forcedDrain = saved.isForcedDrain;
  if (saved.initialWeight === plan.weight) server.setWeight(saved.userWeight, "operator");
  const planned = plan.address;
  // A service's records will tell it again; until then it is the one that they told before.
  const hasOwnPort = planned.kind === "tcp" && (planned.port !== null || isServiceName(planned.host));
  if (saved.port !== null && hasOwnPort && address?.kind === "tcp") server.setAddress({ ...address, port: saved.port });
  const health = monitor?.health ?? null;
  if (health !== null) {
    const isDown = saved.isDown && !saved.isForcedMaint;
    if (isDown) health.restore(0);
    else health.forceUp();
    standing.health = isDown ? "down" : saved.isStopping ? "stopping" : "up";
  }
  monitor?.changeCheck(saved.check.host, saved.check.port);
  monitor?.changeAgent(saved.agent.host, saved.agent.port, null);
  server.settle(null, { kind: "state-file" });
  server.changedAt = clockMs() - saved.sinceChangeSeconds * 1000;
}
