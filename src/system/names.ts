/** Names of hosts, libc's way (hosts file, nsswitch, DNS). The only place that asks libc while the process serves. */
import { lookup } from "node:dns/promises";

/** Asks for the addresses of a name, in libc's order; none when it has none or nobody can tell. Never rejects. */
export type NameAsker = (host: string, family: 4 | 6 | null) => Promise<readonly string[]>;

/** As this process itself sees the system. */
export const askLibc: NameAsker = async (host, family) => {
  try {
    return (await lookup(host, { all: true, family: family ?? 0 })).map((one) => one.address);
  } catch {
    return [];
  }
};

let ask = askLibc;

/** From now on another is asked: behind a chroot libc finds none of the files that it goes by. */
export function askForNames(asker: NameAsker): void {
  ask = asker;
}

/** The addresses of a name. */
export const addressesOfHost: NameAsker = (host, family) => ask(host, family);
