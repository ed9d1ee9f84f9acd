/** The contract suite for the zero-copy plane: from the first byte on, one way only, and from the middle of a session. */
import { beforeAll, setDefaultTimeout } from "bun:test";
import { openEpollTransport } from "../../src/net/epoll.ts";
import { canCallLibc } from "../../src/net/libc.ts";
import { spliceTransport } from "../../src/net/splice.ts";
import type { Transport } from "../../src/net/transport.ts";
import { filled, noLimits, Stage } from "./stage.ts";
import { transportContract } from "./suite.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function notice(level: string, text: string): void {
  throw new Error(`${level}: ${text}`);
}

if (process.platform === "linux" && canCallLibc()) {
  const base = await openEpollTransport();
  const splicing = (name: string, splice: { request: boolean; response: boolean }, afterBytes: number): Transport => {
    const plane = spliceTransport(base, 1, notice, undefined, afterBytes);
    return {
      ...plane,
      name,
      relay: (client, server, limits, tap, gate) => plane.relay(client, server, { ...limits, splice }, tap, gate),
    };
  };
  const transports = [
    splicing("splice", { request: true, response: true }, 0),
    splicing("copying", { request: false, response: true }, 0),
    splicing("promoting", { request: true, response: true }, 64 * 1024),
  ];
  // Workers open descriptors of their own when they start: the suite counts from there.
  beforeAll(async () => {
    for (const transport of transports) {
      using stage = await Stage.set(transport);
      const { client, server, relay } = await stage.session(noLimits);
      client.send(filled(256 * 1024, 1));
      await server.until("the bytes", () => server.count === 256 * 1024);
      client.reset();
      await relay.ended;
    }
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
