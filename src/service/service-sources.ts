/** What commands, pages and metrics are answered from: the running process as `ops` sees it. */
import { hostname } from "node:os";
import type { Terminal } from "../cli/terminal.ts";
import { releaseDate, toolVersion } from "../cli/version.ts";
import { addedKeyComplaint, addedValueComplaint } from "../config/expressions/patterns.ts";
import { readAddedEntry } from "../config/finish/added-entry.ts";
import {
  certificateComplaint,
  issuerComplaint,
  readAuthoritiesPayload,
  readCertificatePayload,
  readKeyPayload,
  readRevocationsPayload,
} from "../config/tls/payload.ts";
import type { AdminSources } from "../ops/admin/sources.ts";
import type { Syslog } from "../ops/log/syslog.ts";
import type { InfoSource } from "../ops/stats/info.ts";
import type { Plan } from "../plan/plan.ts";
import { descriptorLimit } from "../proxy/process/limits/descriptors.ts";
import type { Proxy } from "../proxy/proxy.ts";
import type { Ssh } from "../ssh/ssh.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** What `show info` and the pages need, for as long as the process runs. */
export function infoSource(proxy: Proxy, ssh: Ssh, syslog: Syslog, { heapBytes }: Runtime): InfoSource {
  return {
    proxy: proxy.operator,
    version: toolVersion,
    releaseDate,
    get node() {
      return proxy.plan?.global.node ?? hostname();
    },
    get description() {
      return proxy.plan?.global.description ?? null;
    },
    descriptors: descriptorLimit() ?? Infinity,
    get droppedLogs() {
      return syslog.dropped;
    },
    heapBytes,
    ssh: ssh.inventory,
    sshPenalties: ssh.penalties,
    get sshMetrics() {
      return proxy.plan !== null && readsSsh(proxy.plan) ? ssh : null;
    },
    hostKeys: ssh.hostKeys,
    fault: (error, where) => proxy.state.faults.note(error, where),
  };
}

function readsSsh({ frontends, backends }: Plan): boolean {
  return [...frontends, ...backends].some(({ ssh }) => ssh.isRead);
}

/** What commands read and change. `list`: the sockets by which they come. */
export function adminSources(
  proxy: Proxy,
  info: InfoSource,
  terminal: Terminal,
  { list, reload }: { readonly list: AdminSources["sockets"]; readonly reload: AdminSources["reload"] },
): AdminSources {
  const plan = (): Plan => {
    if (proxy.plan === null) throw new Error("no plan runs yet");
    return proxy.plan;
  };
  return {
    info,
    plan,
    get tables() {
      return proxy.tables;
    },
    patterns: {
      all: () => proxy.tables.patterns.all(),
      wrongKey: addedKeyComplaint,
      wrongValue: addedValueComplaint,
    },
    tlsPayloads: {
      certificate: (name, text) => readCertificatePayload(name, text, plan().tls.chains),
      key: readKeyPayload,
      issuerComplaint,
      certificateComplaint,
      authorities: readAuthoritiesPayload,
      revocations: readRevocationsPayload,
      listLine: readAddedEntry,
    },
    startupLogs: () => terminal.said,
    sockets: list,
    reload,
    variable(name) {
      const value = proxy.state.variables.values.get(name);
      return value === undefined ? null : `type=${value.type} value=<${String(value.value)}>`;
    },
    environment: () => process.env,
  };
}
