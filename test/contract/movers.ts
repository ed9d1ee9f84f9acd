/** All that may move a session's bytes on Linux, where they hand over to each other early, and what may surround it. */
import { readFileSync } from "node:fs";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { spliceTransport } from "../../src/net/splice/splice-transport.ts";
import type { PromotionRule } from "../../src/net/relay/promotion.ts";
import { type LowWaterRule, lowWaterRule } from "../../src/net/relay/stretch.ts";
import type { RelayLimits, SpliceFigures, Transport } from "../../src/net/transport.ts";
import { warmUp } from "./stage.ts";
import type { Surroundings } from "./stretches.ts";

/** A transport, and the number of bytes that makes a difference to it. */
export interface Mover {
  readonly transport: Transport;
  readonly mark: number;
}

const mark = 64 * 1024;
const both = { request: true, response: true };

/** Streams begin early, and again after each pause. */
const rarely: LowWaterRule = { ...lowWaterRule, afterBytes: mark, growth: 1 };

function notice(level: string, text: string): void {
  throw new Error(`${level}: ${text}`);
}

function splicing(
  base: Transport,
  name: string,
  splice: RelayLimits["splice"],
  rule: Partial<PromotionRule>,
  pipes: number | null,
  streams?: LowWaterRule,
): Mover {
  const plane = spliceTransport(base, 1, notice, { count: pipes, bytes: null }, rule, streams);
  const relay: Transport["relay"] = (client, server, limits, taps, gate) =>
    plane.relay(client, server, { ...limits, splice }, taps, gate);
  return { transport: { ...plane, name, relay }, mark };
}

/** One of each; workers are up, with the descriptors that they open when they start. Linux only. */
export async function movers(): Promise<Mover[]> {
  const base = await openEpollTransport();
  const rarelyWoken = { ...(await openEpollTransport(rarely)), name: "copied, woken rarely" };
  const all = [
    { transport: base, mark },
    { transport: rarelyWoken, mark },
    splicing(rarelyWoken, "woken rarely, then promoted", both, { askedBytes: 2 * mark }, null, rarely),
    splicing(base, "spliced from the first byte on", both, { askedBytes: 0 }, null),
    splicing(base, "promoted", both, { askedBytes: mark }, null),
    splicing(base, "promoted unasked", { request: null, response: null }, { streamBytes: mark }, null),
    splicing(base, "promoted one way", { request: false, response: true }, { askedBytes: mark }, null),
    splicing(base, "woken rarely", both, { askedBytes: 0 }, null, rarely),
    splicing(base, "promoted, and two woken rarely", both, { askedBytes: mark }, null, { ...rarely, limit: 2 }),
    splicing(base, "promoted where pipes are few", both, { askedBytes: mark }, 3),
  ];
  for (const { transport } of all) if (transport.splicing !== undefined) await warmUp(transport);
  return all;
}

/** Bytes that were spliced since `before`, none of whose pipes may be lent any more. */
export function splicedSince(before: SpliceFigures | undefined, transport: Transport): number {
  const now = transport.splicing?.();
  if (now !== undefined && now.pipesUsed > 0) throw new Error(`${now.pipesUsed} pipes are lent to nobody`);
  return (now?.bytes ?? 0) - (before?.bytes ?? 0);
}

/** Those that this system grants. */
export const surroundings: readonly (Surroundings & { readonly name: string })[] = [
  { name: "as the system has it", congestion: null, receiveBytes: 0 },
  { name: "reno", congestion: "reno", receiveBytes: 0 },
  ...(grants("bbr") ? [{ name: "bbr", congestion: "bbr", receiveBytes: 0 }] : []),
  { name: "receive buffers that are fixed", congestion: null, receiveBytes: 100_000 },
];

function grants(congestion: string): boolean {
  return readFileSync("/proc/sys/net/ipv4/tcp_allowed_congestion_control", "latin1").split(/\s+/).includes(congestion);
}
