/** What the runtime underneath offers: Bun, Node or Deno, with or without FFI. The only place that asks which one it is. */
import type { Plan } from "../../plan/plan.ts";
import { asksForSplice } from "../../proxy/process/splicing.ts";
import type { Runtime, RuntimeNotice } from "./runtime.ts";
import { portableRuntime } from "./portable-runtime.ts";

/**
 * Loads what this runtime has. `plan` decides whether the zero-copy plane is wanted; where it cannot run, the portable
 * relay does the work and `notice` says so once, if the plan asks for splicing. `epoll`: whether Linux's own sockets may serve.
 */
export async function openRuntime(
  plan: Plan | null = null,
  notice: RuntimeNotice = () => {},
  epoll = plan?.global.epoll ?? true,
): Promise<Runtime> {
  const isAsked = plan !== null && asksForSplice(plan);
  const splices = plan !== null && plan.global.splice;
  if (isAsked && !splices) notice("notice", "splicing is switched off (-dS or nosplice); bytes are copied instead");
  // In the bundle for Node and Deno the version is defined to be undefined, and nothing of Bun's is in it.
  if (process.versions["bun"] !== undefined) {
    const { bunRuntime } = await import("./bun-runtime.ts");
    const leavesRoot = plan !== null && plan.global.chroot !== null;
    const pipes = { count: plan?.global.maxPipes ?? null, bytes: plan?.global.pipeBytes ?? null };
    const runtime = await bunRuntime(splices ? plan.global.nbthread : 0, pipes, epoll, leavesRoot, notice);
    if (runtime.transport.name === "bun") tellOfSocketOptions(plan, notice);
    if (isAsked && runtime.spliceFault !== undefined)
      notice("notice", `splicing is not possible here (${runtime.spliceFault}); bytes are copied instead`);
    return runtime;
  }
  const runtime = portableRuntime(splices);
  tellOfSocketOptions(plan, notice);
  if (isAsked && splices)
    notice("notice", `splicing is not possible with ${runtime.description}; bytes are copied instead`);
  return runtime;
}

/** Where libc cannot be called, sockets keep the system's buffers and its way to acknowledge. */
function tellOfSocketOptions(plan: Plan | null, notice: RuntimeNotice): void {
  const isSmart = plan?.frontends.some((one) => one.binds.some((bind) => !bind.quickAck));
  if (isSmart || plan?.backends.some((one) => one.tcpSmartConnect))
    notice("notice", "tcp-smart-accept and tcp-smart-connect do nothing here: they need libc, which cannot be called");
  const sizes = plan === null ? [] : [plan.global.clientBuffers, plan.global.serverBuffers];
  if (sizes.some((one) => one.receiveBytes + one.sendBytes + one.unsentBytes > 0))
    notice(
      "notice",
      "tune.rcvbuf, tune.sndbuf and tune.notsent-lowat do nothing here: they need libc, which cannot be called",
    );
}

/** Why nothing can be spliced with this runtime's transport, which is tried, not guessed; null where it can. */
export async function spliceRefusal({ description, transport }: Runtime): Promise<string | null> {
  if (process.versions["bun"] !== undefined) {
    const { bunSpliceRefusal } = await import("./bun-runtime.ts");
    return bunSpliceRefusal(transport);
  }
  return `not possible with ${description}`;
}
