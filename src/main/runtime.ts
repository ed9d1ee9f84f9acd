/** What the runtime underneath offers: Bun, Node or Deno, with or without FFI. The only place that asks which one it is. */
import type { Transport } from "../net/transport.ts";
import type { Plan } from "../plan.ts";
import { portableRuntime } from "./portable-runtime.ts";

/** The runtime's sockets and what else only it can do. */
export interface Runtime {
  /** For `-vv` and messages: `Bun 1.4.5`. */
  readonly description: string;
  readonly transport: Transport;
  /** Threads that move data: the control thread, and the zero-copy plane's. */
  readonly threads: number;
  /** One datagram to a unix socket, by path or (after `@`) by name; false when it was not taken. Null: cannot. */
  readonly sendUnix: ((path: string, bytes: Uint8Array) => boolean) | null;
  /** Sets how many descriptors the process may open; the limit that stays in force when it cannot, else null. Null: cannot. */
  readonly limitDescriptors: ((count: number) => number | null) | null;
  /** chroot(2) and chdir("/"); throws what the system says. Null: cannot. */
  readonly chroot: ((path: string) => void) | null;
}

/** Hears what the data plane has to tell. */
export type RuntimeNotice = (level: "notice" | "warning" | "alert", text: string) => void;

/**
 * Loads what this runtime has. `plan` decides whether the zero-copy plane is wanted; where it cannot run, the portable
 * relay does the work and `notice` says so once.
 */
export async function openRuntime(plan: Plan | null = null, notice: RuntimeNotice = () => {}): Promise<Runtime> {
  if (process.versions["bun"] === undefined) return portableRuntime();
  const description = `Bun ${process.versions["bun"]}`;
  const { bunTransport } = await import("../net/bun.ts");
  const { canCallLibc, chroot, descriptorLimits, sendSyslogDatagram, setDescriptorLimits } =
    await import("../net/libc.ts");
  const sendUnix = (path: string, bytes: Uint8Array): boolean => sendSyslogDatagram(path, bytes) === 0;
  const limitDescriptors = (count: number): number | null => {
    const now = descriptorLimits();
    try {
      setDescriptorLimits({ soft: count, hard: Math.max(count, now?.hard ?? 0) });
      return null;
    } catch {
      return now?.soft ?? 0;
    }
  };
  const base = canCallLibc()
    ? { description, sendUnix, limitDescriptors, chroot }
    : { description, sendUnix: null, limitDescriptors: null, chroot: null };
  if (plan === null || !wantsSplice(plan)) return { ...base, transport: bunTransport, threads: 1 };
  const threads = plan.global.nbthread ?? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1));
  try {
    const { spliceTransport } = await import("../net/splice.ts");
    return { ...base, transport: spliceTransport(bunTransport, threads, notice), threads: threads + 1 };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    notice("notice", `splicing is not possible here (${reason}); bytes are copied instead`);
    return { ...base, transport: bunTransport, threads: 1 };
  }
}

function wantsSplice(plan: Plan): boolean {
  if (!plan.global.splice) return false;
  return [...plan.frontends, ...plan.backends].some(({ splice }) => splice.auto || splice.request || splice.response);
}
