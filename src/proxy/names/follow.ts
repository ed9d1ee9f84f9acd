/** Names to addresses: at start as `init-addr` says, and again and again while running. */
import { BlockList, isIP } from "node:net";
import { clockMs } from "../../clock.ts";
import type { NameTrouble } from "../../events.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { ServerPlan } from "../../plan/server.ts";
import { addressesOfHost } from "../../system-names.ts";
import type { ResolversFigures } from "./dns-counters.ts";

/** Looks names up. One per `resolvers` section, and libc for servers without one. */
export interface Resolver {
  /** Follows a server's name until `stop`; calls `server.follow` (through `Names`) with every set of answers. */
  follow(request: NameRequest): NameFollower;
}

/** A `resolvers` section at work. */
export interface NamedResolver extends Resolver {
  readonly plan: ResolversPlan;
  figures(): ResolversFigures;
  clearCounters(): void;
  /** Ends it; nobody is told anything any more. */
  stop(): void;
}

/** What is asked, and who gets the answers. `plan` is asked anew with every answer. */
export interface NameRequest {
  readonly host: string;
  readonly family: 4 | 6 | null;
  readonly plan: ServerPlan;
  /**
   * Takes addresses in order of preference; empty: the name has none (any more), and `trouble` says why if it was not the name
   * server that said so. `ports` and `weights` of SRV records, else null. True: it goes to another address now.
   */
  readonly answer: (answers: readonly NameAnswer[], by: string, trouble?: NameTrouble) => boolean;
}

export interface NameAnswer {
  readonly host: string;
  readonly port: number | null;
  readonly weight: number | null;
  /** Of a service's record: its target, and whether the address came with it. */
  readonly service?: { readonly target: string; readonly isAdditional: boolean };
}

export interface NameFollower {
  /** Asks again soon: a connection to the address failed. */
  hurry(): void;
  stop(): void;
}

/** How often libc is asked again, and at least between two questions on failed connects. */
const everyMs = 10_000;
const soonMs = 1000;

/** libc's own way (hosts file, nsswitch, DNS), for servers without `resolvers`. HAProxy asks libc at start only. */
export const libcResolver: Resolver = {
  follow(request) {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isStopped = false;
    let askedAt = -Infinity;
    const ask = async (): Promise<void> => {
      timer = null;
      askedAt = clockMs();
      try {
        const answers = await addressesOf(request.host, request.family);
        // A lookup that fails tells nothing: the address in use may still be right.
        if (!isStopped && answers.length > 0) request.answer(answers, "libc");
      } finally {
        if (!isStopped) schedule(everyMs);
      }
    };
    const schedule = (delayMs: number): void => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => void ask(), delayMs);
      timer.unref();
    };
    schedule(everyMs);
    return {
      hurry() {
        if (!isStopped && timer !== null && clockMs() - askedAt >= soonMs) schedule(0);
      },
      stop() {
        isStopped = true;
        if (timer !== null) clearTimeout(timer);
      },
    };
  },
};

/** Addresses that libc gives for a name; none when the lookup fails. */
export async function addressesOf(host: string, family: 4 | 6 | null): Promise<NameAnswer[]> {
  const found = await addressesOfHost(host, family);
  return found.map((one) => ({ host: one, port: null, weight: null }));
}

/** How a server's first address was found: null `host` when it starts without one. `failed`: no method of init-addr worked. */
export interface FirstAddress {
  readonly host: string | null;
  readonly failed: boolean;
}

/**
 * Finds a server's first address by its `init-addr` methods, in order: "last" (`last` gives the state file's, or null), "libc",
 * "none", or a literal address.
 */
export async function firstAddress(
  plan: ServerPlan,
  last: string | null,
  lookUp: typeof addressesOf = addressesOf,
): Promise<FirstAddress> {
  if (plan.address.kind !== "tcp") return { host: null, failed: false };
  for (const method of plan.initAddr) {
    if (method === "none") return { host: null, failed: false };
    if (method === "last") {
      if (last !== null) return { host: last, failed: false };
    } else if (method === "libc") {
      const [first] = preferred(await lookUp(plan.address.host, plan.address.family), plan);
      if (first !== undefined) return { host: first.host, failed: false };
    } else if (isIP(method) !== 0) return { host: method, failed: false };
  }
  return { host: null, failed: true };
}

/** Answers in the order in which this server wants them: `resolve-prefer` counts more than `resolve-net`, else as they came. */
export function preferred(answers: readonly NameAnswer[], plan: ServerPlan): readonly NameAnswer[] {
  const { resolvePrefer, resolveNet } = plan;
  if (resolvePrefer === null && resolveNet.length === 0) return answers;
  const networks = networksOf(resolveNet);
  const merit = ({ host }: NameAnswer): number => {
    const family = isIP(host);
    const isNear = networks.check(host, family === 6 ? "ipv6" : "ipv4");
    return (family === resolvePrefer ? 2 : 0) + (isNear ? 1 : 0);
  };
  return answers.toSorted((one, other) => merit(other) - merit(one));
}

function networksOf(list: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const network of list) {
    const [address = "", prefix] = network.split("/");
    const isSix = isIP(address) === 6;
    networks.addSubnet(address, Number(prefix ?? (isSix ? 128 : 32)), isSix ? "ipv6" : "ipv4");
  }
  return networks;
}
