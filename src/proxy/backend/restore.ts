/** Puts a server back to where a former process left it. */
import { isServiceName } from "../../wire/dns.ts";
import type { SavedServerState } from "./saved-state.ts";
import type { Server } from "./server.ts";
import type { Standing } from "./server-state.ts";

/**
 * As HAProxy does it: the operator's maintenance and drain, health, whether TLS is spoken with it, the time of the last change, and where an operator had it checked come back; the weight
 * does while the file's initial one is still the configuration's; of a literal address only the port.
 */
export function restoreServer(server: Server, saved: SavedServerState): void {
  const { plan, address, monitor } = server;
  if (saved.initialWeight === plan.weight) server.setWeight(saved.userWeight, "operator");
  const planned = plan.address;
  // A service's records will tell it again; until then it is the one that they told before.
  const hasOwnPort = planned.kind === "tcp" && (planned.port !== null || isServiceName(planned.host));
  if (saved.port !== null && hasOwnPort && address?.kind === "tcp") server.setAddress({ ...address, port: saved.port });
  if (plan.tls !== null && saved.usesTls !== null && saved.usesTls !== server.usesTls) server.setTls(saved.usesTls);
  const isDown = saved.isDown && !saved.isForcedMaint;
  const isChecked = monitor !== null && monitor.health !== null;
  monitor?.force(isDown ? "down" : "up");
  monitor?.changeCheck(saved.check.host, saved.check.port);
  monitor?.changeAgent(saved.agent.host, saved.agent.port, null);
  server.restore(restored(saved, isDown, isChecked), saved.sinceChangeSeconds * 1000);
}

function restored(saved: SavedServerState, isDown: boolean, isChecked: boolean): Partial<Standing> {
  return {
    // Maintenance that came from the file goes with the file; one that an operator lifted stays lifted.
    forcedMaint: saved.isForcedMaint && !saved.isDisabled,
    ...(saved.isDisabled && !saved.isForcedMaint ? { configuredMaint: false } : {}),
    forcedDrain: saved.isForcedDrain,
    ...(isChecked ? { health: isDown ? "down" : saved.isStopping ? "stopping" : "up" } : {}),
  };
}
