/** The contract suite for the zero-copy plane: from the first byte on, one way only, from the middle of a session, and without being asked. */
import { beforeAll, setDefaultTimeout } from "bun:test";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { spliceTransport } from "../../src/net/splice/splice-transport.ts";
import type { PromotionRule } from "../../src/net/relay/promotion.ts";
import type { RelayLimits, Transport } from "../../src/net/transport.ts";
import { warmUp } from "./stage.ts";
import { transportContract } from "./suite.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function notice(level: string, text: string): void {
  throw new Error(`${level}: ${text}`);
}

if (process.platform === "linux" && canCallLibc()) {
  const base = await openEpollTransport();
  const splicing = (name: string, splice: RelayLimits["splice"], rule: Partial<PromotionRule>): Transport => {
    const plane = spliceTransport(base, 1, notice, undefined, rule);
    return {
      ...plane,
      name,
      relay: (client, server, limits, taps, gate) => plane.relay(client, server, { ...limits, splice }, taps, gate),
    };
  };
  const transports = [
    splicing("splice", { request: true, response: true }, { askedBytes: 0 }),
    splicing("copying", { request: false, response: true }, { askedBytes: 0 }),
    splicing("promoting", { request: true, response: true }, { askedBytes: 64 * 1024 }),
    splicing("unasked", { request: null, response: null }, { streamBytes: 64 * 1024 }),
  ];
  // Workers start with the first bulk, and open descriptors of their own then: the suite counts from there.
  beforeAll(async () => {
    for (const transport of transports) await warmUp(transport);
  });
  for (const transport of transports)
    transportContract(transport, {
      libc: true,
      inherits: true,
      sharesPorts: true,
      abstractNames: true,
      v6only: true,
      seesLateResets: true,
      cancels: true,
      bindErrors: true,
      halvesFull: true,
      lateSockets: 0,
    });
} else console.warn("SKIPPED: the zero-copy plane needs Linux and FFI");
