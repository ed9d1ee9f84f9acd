/** Runs one check from connecting to its outcome, whatever its kind. */
import { clockMs } from "../clock.ts";
import type { SocketAddress } from "../net/transport.ts";
import type { CheckPlan, ServerAddress } from "../plan.ts";
import { ownText } from "../rules/own.ts";
import { addressesOfHost } from "../system-names.ts";
import { runExternal } from "./check-external.ts";
import { connectBudgetMs, Dialogue, DialogueFailure } from "./check-dialogue.ts";
import type { DialogueSettings } from "./check-dialogue.ts";
import { CheckEnd, checkStatuses } from "./check-outcome.ts";
import type { CheckOutcome } from "./check-outcome.ts";
import { runProtocol } from "./check-protocols.ts";
import { runScript } from "./check-script.ts";
import type { CheckerOptions } from "./checker.ts";

/** Statuses whose code is told, as HAProxy tells it. */
const withCode = new Set(["L7OK", "L7OKC", "L7STS", "PROCOK", "PROCERR", "PROCTOUT"]);

/**
 * Checks once. Settles when the check has ended or `signal` gave it up (the outcome then means nothing); never rejects for
 * what the server or the network does.
 */
export async function runCheck(
  options: CheckerOptions,
  serverAddress: SocketAddress,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const startedAt = clockMs();
  let end: CheckEnd;
  try {
    // A program is told where the server is, whatever `addr` and `port` of the line say.
    const isExternal = options.check.kind === "external";
    const address = isExternal ? serverAddress : await checkAddress(options, serverAddress);
    await runKind(options, address, signal);
    end = new CheckEnd("L4OK", null);
  } catch (error) {
    end = toEnd(error, options);
  }
  const durationMs = Math.max(0, Math.floor(clockMs() - startedAt));
  const code = withCode.has(end.status) ? (end.code ?? 0) : null;
  const verdict = checkStatuses.get(end.status)?.verdict ?? "failed";
  // It is kept until the next check's end, and may have been cut out of a long answer.
  return { verdict, result: { status: end.status, code, info: end.info ? ownText(end.info) : null, durationMs } };
}

/** Where the check goes: `addr` and `port` of the server line before the server's own. */
async function checkAddress(options: CheckerOptions, server: SocketAddress): Promise<SocketAddress> {
  const { address, port } = options.server;
  if (address === null) return port === null || server.kind !== "tcp" ? server : { ...server, port };
  return resolve(address, port ?? (server.kind === "tcp" ? server.port : 0));
}

/** The address of a server-like text; a name is looked up anew each time. */
async function resolve(address: ServerAddress, port: number): Promise<SocketAddress> {
  if (address.kind !== "tcp") return address;
  if (!address.isName) return { kind: "tcp", host: address.host, port: address.port ?? port };
  const [host] = await addressesOfHost(address.host, address.family);
  if (host === undefined) throw new CheckEnd("SOCKERR", `could not resolve ${address.host}`);
  return { kind: "tcp", host, port: address.port ?? port };
}

/** Protocols whose servers complain of a connection that ends with RST; HAProxy closes these with FIN. */
const takesLeave = new Set<CheckPlan["kind"]>(["smtp", "mysql", "pgsql"]);

async function runKind(options: CheckerOptions, address: SocketAddress, signal: AbortSignal): Promise<void> {
  const { check, server, samples } = options;
  if (check.kind === "external") return runProgram(options, check, address, signal);
  const layer4 = check.kind === "tcp" && check.steps.length === 0;
  const dialogue = new Dialogue(settings(options), signal);
  try {
    if (layer4 && !server.sendProxy) return await dialogue.probe(address);
    if (layer4) return await dialogue.connect(address, true, false);
    if (check.kind === "tcp" || check.kind === "http") {
      const { sendProxy } = server;
      return await runScript({
        plan: check,
        dialogue,
        samples,
        server: address,
        sendProxy,
        state: options.state,
        resolve,
      });
    }
    await dialogue.connect(address, server.sendProxy, takesLeave.has(check.kind));
    await runProtocol(dialogue, check);
  } finally {
    dialogue.finish();
  }
}

async function runProgram(
  options: CheckerOptions,
  check: Extract<CheckPlan, { kind: "external" }>,
  address: SocketAddress,
  signal: AbortSignal,
): Promise<void> {
  if (options.external === undefined) throw new CheckEnd("PROCERR", null, -1);
  const limitMs = connectBudgetMs(settings(options));
  await runExternal(check, address, options.external.subject(), { limitMs, signal }, options.external.tell);
}

function settings(options: CheckerOptions): DialogueSettings {
  return {
    transport: options.transport,
    socket: options.socket(),
    interMs: options.server.interMs,
    connectMs: options.timeouts.connectMs,
    checkMs: options.timeouts.checkMs,
    bufsizeBytes: options.bufsizeBytes,
    proxyVersion: options.proxyHeader?.version ?? 1,
    proxyChecksum: options.proxyHeader?.options.includes("crc32c") ?? false,
    neverSendLocal: options.neverSendLocal ?? false,
  };
}

/** Puts what a check threw into its end. What is no word of ours is a mistake in this program and told as such. */
function toEnd(error: unknown, options: CheckerOptions): CheckEnd {
  if (error instanceof CheckEnd) return error;
  if (!(error instanceof DialogueFailure)) return new CheckEnd("SOCKERR", String(error));
  const { check } = options;
  const scripted = check.kind === "tcp" && check.scripted && check.steps.length === 0;
  const where = scripted ? " at initial connection step of tcp-check" : "";
  const status = check.kind === "ssl-hello" && error.status === "L7TOUT" ? "L6TOUT" : error.status;
  return new CheckEnd(status, `${error.text ?? ""}${where}`);
}
