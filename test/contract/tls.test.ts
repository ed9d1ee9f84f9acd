/** What a relay may rely on where streams are of TLS, on either side. */
import { afterEach, beforeEach, describe, setDefaultTimeout } from "bun:test";
import { bunTransport } from "../../src/net/bun/bun-transport.ts";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { socketCalls } from "../../src/net/libc/socket-calls.ts";
import { bunEngine } from "../../src/net/tls/bun-tls.ts";
import { openTls } from "../../src/net/tls/open-tls.ts";
import { deadlineContract } from "./deadlines.ts";
import { holdContract } from "./hold.ts";
import { idleContract } from "./idle.ts";
import { descriptorCount } from "./kernel.ts";
import { relayContract } from "./relay.ts";
import { descriptorsBackTo } from "./stage.ts";
import { tlsTransport } from "./tls-transport.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const calls = socketCalls();
if (process.platform === "linux" && canCallLibc() && calls !== null) {
  const epoll = await openEpollTransport();
  const [direct, portable] = [openTls(bunEngine(calls)), openTls(bunEngine(null))];
  for (const [name, base, tls, sides, isTimed] of [
    ["Bun's TLS over descriptors, on the client's side", epoll, direct, { client: true, server: false }, false],
    ["Bun's TLS over descriptors, on both sides", epoll, direct, { client: true, server: true }, true],
    ["Bun's TLS over its own sockets, on both sides", bunTransport, portable, { client: true, server: true }, false],
  ] as const)
    describe(name, () => {
      const transport = tlsTransport(base, tls, sides);
      let before = 0;
      beforeEach(() => {
        before ||= descriptorCount();
      });
      afterEach(() => descriptorsBackTo(before));
      relayContract(transport, { seesLateResets: true });
      holdContract(transport);
      if (!isTimed) return;
      idleContract(transport);
      deadlineContract(transport, { halvesFull: true });
    });
} else console.warn("SKIPPED: Bun's TLS over descriptors needs Linux and FFI");
