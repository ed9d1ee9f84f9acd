/** Where named servers go at first: many names at once, but not all, and each looked up once. */
import type { ServerPlan } from "../../plan/server.ts";
import { begin } from "./init-addr.ts";
import { addressesOf } from "./libc-resolver.ts";
import type { NameAnswer } from "./name-resolver.ts";
import { preferred } from "./preference.ts";

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

/** How a server's first address was found: null `host` when it starts without one. `failed`: no method of init-addr worked. */
export interface FirstAddress {
  readonly host: string | null;
  readonly failed: boolean;
}

async function firstAddress(plan: ServerPlan, last: string | null, lookUp: typeof addressesOf): Promise<FirstAddress> {
  const { address } = plan;
  if (address.kind !== "tcp") return { host: null, failed: false };
  const ask = async (): Promise<string[]> =>
    preferred(await lookUp(address.host, address.family), plan).map((one) => one.host);
  const { by, host } = await begin(plan, last, ask);
  return { host, failed: by === null };
}
