/** What a relay may rely on where its two streams are of two transports, whichever of them is the client's. */
import { describe, setDefaultTimeout } from "bun:test";
import { bunTransport } from "../../src/net/bun/bun-transport.ts";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { nodeConnect } from "../../src/net/node/node-connect.ts";
import { spliceTransport } from "../../src/net/splice/splice-transport.ts";
import type { Transport } from "../../src/net/transport.ts";
import { deadlineContract } from "./deadlines.ts";
import { idleContract } from "./idle.ts";
import { relayContract } from "./relay.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function notice(level: string, text: string): void {
  throw new Error(`${level}: ${text}`);
}

if (process.platform === "linux" && canCallLibc()) {
  const epoll = await openEpollTransport();
  // What may be spliced is asked for before the first byte, and one stream has no descriptor to give.
  const plane = spliceTransport(epoll, 1, notice, undefined, { askedBytes: 0, streamBytes: 1 });
  const mixed: readonly (readonly [string, Transport])[] = [
    ["epoll, then bun", { ...plane, connect: bunTransport.connect }],
    ["bun, then epoll", { ...plane, listen: bunTransport.listen }],
    ["epoll, then node", { ...plane, connect: nodeConnect }],
  ];
  for (const [name, transport] of mixed)
    describe(name, () => {
      relayContract(transport, { seesLateResets: false });
      idleContract(transport);
      deadlineContract(transport, { halvesFull: true });
    });
} else console.warn("SKIPPED: two transports in one process take Linux and FFI");
