/** Ports for forwarders and servers that run at the same time. */
import { freePort } from "../e2e/harness.ts";

/** Both forwarders share a port with whoever else has it (SO_REUSEPORT), so none may be given out twice. */
const given = new Set<string>();

/** A port that the kernel chose, that nobody holds and that was not given out before. */
export async function ownPort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = await freePort(host);
    if (claim(host, port)) return port;
  }
}

/** The first of so many ports in a row, all of them free. */
export async function ownRange(host: string, size: number): Promise<number> {
  for (;;) {
    const first = await ownPort(host);
    const rest = Array.from({ length: size - 1 }, (_, at) => first + at + 1);
    if (rest.every((port) => port < 65_536 && claim(host, port))) return first;
  }
}

function claim(host: string, port: number): boolean {
  const key = `${host} ${port}`;
  if (given.has(key)) return false;
  given.add(key);
  return true;
}
