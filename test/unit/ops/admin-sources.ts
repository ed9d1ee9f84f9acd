/** What commands read and act on, of a process made up. */
import type { AdminSources } from "../../../src/ops/admin/sources.ts";
import { onePlan } from "../proxy/plans.ts";
import { infoSource, type scriptedProxy } from "./scripted-proxy.ts";
import { tlsPayloads } from "./tls-stage.ts";

export function adminSources(own: Parameters<typeof scriptedProxy>[0] = {}): AdminSources {
  const plan = onePlan({ name: "fe" }, { name: "be" });
  return {
    info: infoSource(own),
    plan: () => plan,
    tables: { get: () => undefined, all: () => [] },
    patterns: { all: () => [], wrongKey: () => null, wrongValue: () => null },
    tlsPayloads,
    startupLogs: () => "",
    sockets: () => [],
    reload: () => Promise.resolve({ succeeded: false, text: "" }),
    variable: () => null,
    environment: () => ({}),
  };
}
