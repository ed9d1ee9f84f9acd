/** The command `probe`: asks an SSH server from here, and prints what it is told. */
import type { ProbeRequest } from "../cli/probe.ts";
import type { Terminal } from "../cli/terminal.ts";
import { version } from "../cli/version.ts";
import { ownHeader } from "../ssh/probe/own-header.ts";
import { plainSocket } from "../ssh/probe/plain-socket.ts";
import { SshProbe } from "../ssh/probe/probe.ts";
import { isSound, type SshProbed } from "../ssh/probe/probed.ts";
import { hostText, knownHostsText, probeJson, probeText, type ProbedHost, sshfpText } from "../ssh/probe/report.ts";
import { addressesOfHost } from "../system/names.ts";
import { openRuntime } from "./runtime/open-runtime.ts";

/** The exit code: 0 when all that the server lists was read, and nothing of it was wrong. */
export async function probeServer(request: ProbeRequest, terminal: Terminal): Promise<number> {
  const addresses = await addressesOfHost(request.host, null);
  if (addresses.length === 0) {
    terminal.alert(`probe ${hostText(request)}: the name has no address`);
    return 1;
  }
  const { address, probed } = await probeFirst(request, addresses);
  const asked: ProbedHost = { host: request.host, port: request.port, address };
  print(asked, probed, request.form, terminal);
  if (probed.failure !== null) terminal.alert(`probe ${hostText(request)}: ${probed.failure}`);
  if (request.form === "sshfp" || request.form === "known-hosts") tellOfKeys(hostText(request), probed, terminal);
  return isSound(probed) ? 0 : 1;
}

/** Asks the first address that takes a connection; the time is for all of them, so that none may wait for one alone. */
async function probeFirst(
  request: ProbeRequest,
  addresses: readonly string[],
): Promise<{ readonly address: string | null; readonly probed: SshProbed }> {
  const { transport } = await openRuntime();
  const until = performance.now() + request.timeoutMs;
  let refused: SshProbed | null = null;
  for (const [index, host] of addresses.entries()) {
    const leftMs = Math.max(1, until - performance.now());
    const probe = new SshProbe({
      transport,
      connect: {
        ...plainSocket,
        address: { kind: "tcp", host, port: request.port },
        timeoutMs: leftMs / (addresses.length - index),
      },
      software: `fairlead_${version}`,
      header: request.sendProxy ? ownHeader : null,
      timeoutMs: leftMs,
    });
    const probed = await probe.run();
    if (probed.times.connectMs >= 0) return { address: host, probed };
    refused ??= probed;
    if (performance.now() >= until) break;
  }
  if (refused === null) throw new RangeError("no address was asked");
  return { address: null, probed: refused };
}

function print(asked: ProbedHost, probed: SshProbed, form: ProbeRequest["form"], terminal: Terminal): void {
  if (form === "json") terminal.print(probeJson(asked, probed));
  else if (form === "sshfp") terminal.print(sshfpText(asked, probed));
  else if (form === "known-hosts") terminal.print(knownHostsText(asked, probed));
  else if (probed.identification !== null) terminal.print(probeText(asked, probed));
}

/** What is missing among lines that others read, or not known to be right. */
function tellOfKeys(host: string, { keys }: SshProbed, terminal: Terminal): void {
  for (const { algorithm, signature, failure } of keys) {
    if (failure !== null) terminal.warning(`probe ${host}: ${algorithm} is left out: ${failure}`);
    else if (signature === "invalid")
      terminal.alert(`probe ${host}: ${algorithm} is left out: the server does not have this key`);
    else if (signature === "unknown")
      terminal.warning(`probe ${host}: ${algorithm} is not verified: this runtime cannot`);
  }
}
