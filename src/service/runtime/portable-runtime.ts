/** What Node and Deno offer. */
import { getHeapStatistics } from "node:v8";
import { nodeTransport } from "../../net/node/node-transport.ts";
import type { NodeAbilities } from "../../net/node/node-listener.ts";
import type { Tls } from "../../net/tls/secure.ts";
import { threadPasswords } from "./thread-passwords.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime of Node 20 or Deno 2 and later. `splices`: the zero-copy plane is wanted, which there is none of. */
export function portableRuntime(splices: boolean): Runtime {
  const { deno, node } = process.versions as Record<string, string | undefined>;
  return {
    description: deno === undefined ? `Node ${node}` : `Deno ${deno}`,
    transport: nodeTransport(nodeAbilities()),
    openTls: loadTls,
    threads: 1,
    splice: splices ? "impossible" : "not wanted",
    sendUnix: null,
    limitDescriptors: null,
    adopt: null,
    verify: threadPasswords(() => Promise.resolve(null)),
    heapBytes: () => getHeapStatistics().used_heap_size,
    chroot: null,
  };
}

async function loadTls(): Promise<Tls> {
  const { openTls } = await import("../../net/tls/open-tls.ts");
  const { unheededByDeno } = await import("../../net/tls/unheeded.ts");
  return openTls(
    null,
    (process.versions as Record<string, string | undefined>)["deno"] === undefined ? null : unheededByDeno,
  );
}

/** What node:net can do here. */
export function nodeAbilities(): NodeAbilities {
  const { deno, node } = process.versions as Record<string, string | undefined>;
  const [major = 0, minor = 0] = (node ?? "").split(".").map(Number);
  // Systems whose SO_REUSEPORT spreads connections; elsewhere Node refuses to listen with it. It came with Node 23.1 and 22.12.
  const spreads = ["linux", "freebsd", "sunos", "aix"].includes(process.platform);
  const knows = deno !== undefined || major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return { reusePort: spreads && knows, v6only: deno === undefined, abstractNames: process.platform === "linux" };
}
