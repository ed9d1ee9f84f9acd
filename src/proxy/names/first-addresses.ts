/** Where named servers go at first: many names at once, but not all, and each looked up once. */
import type { ServerPlan } from "../../plan/server.ts";
import { addressesOf, firstAddress, type FirstAddress, type NameAnswer } from "./follow.ts";

/** libc looks up this many at once anyway. */
const atOnce = 16;

export type FirstAddresses = ReadonlyMap<ServerPlan, FirstAddress>;

/** Finds each server's first address by its `init-addr`; `last`: what a state file says. */
export async function firstAddresses(
  asked: readonly { readonly plan: ServerPlan; readonly last: string | null }[],
): Promise<FirstAddresses> {
  const found = new Map<ServerPlan, FirstAddress>();
  const known = new Map<string, Promise<NameAnswer[]>>();
  const lookUp: typeof addressesOf = (host, family) => {
    const key = `${host} ${family ?? ""}`;
    const answers = known.get(key) ?? addressesOf(host, family);
    known.set(key, answers);
    return answers;
  };
  const waiting = asked.values();
  const work = async (): Promise<void> => {
    for (const { plan, last } of waiting) found.set(plan, await firstAddress(plan, last, lookUp));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, asked.length) }, work));
  return found;
}
