/** Names by libc: the hosts file, nsswitch, DNS. */
import { clockMs } from "../../clock.ts";
import { addressesOfHost } from "../../system/names.ts";
import type { NameAnswer, Resolver } from "./name-resolver.ts";

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
