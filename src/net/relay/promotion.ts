/** When the portable relay offers a session to someone who is better at bulk. */
import type { SideActivity } from "./idle-limits.ts";
import type { Relay, RelayLimits, Splicing, Stream } from "../transport.ts";

/** A chunk of so many bytes shows more to be waiting. */
export const bulkBytes = 32 * 1024;

/** What makes a session bulk. */
export interface PromotionRule {
  /** Where splicing is asked for: bytes that the session has carried, both ways; 0: it is offered before its first one. */
  readonly askedBytes: number;
  /** Where nothing is said of it: bytes that one direction has brought without a pause. */
  readonly streamBytes: number;
  /** A source that brings nothing for so long while it is read, and nobody else is served, has paused, ms. */
  readonly pauseMs: number;
}

/**
 * Below 256 KiB handing a session over costs more than it spares. Whoever has not asked for it is taken at his word only when
 * he streams: in 4 MiB without a pause are some milliseconds of copying, a few hundredths of what waking another thread spares.
 */
export const promotionRule: PromotionRule = { askedBytes: 256 * 1024, streamBytes: 4 << 20, pauseMs: 5 };

/** Whoever looks at the first bytes keeps a session from being handed on for no more of them, both ways. */
export const tappedMostBytes = 256 * 1024;

/** Someone who is better at bulk. */
export interface Promotion {
  readonly rule: PromotionRule;
  /**
   * Takes the session: both sockets are the new relay's from then on, nothing waits to be sent, and `ended` is the side
   * that has finished already. Null: the session stays, and is offered again with its next bytes.
   */
  take(
    client: PromotedSide,
    server: PromotedSide,
    limits: RelayLimits,
    ended: "client" | "server" | null,
  ): Relay | null;
}

/** A side as whoever takes the session finds it: its limits have run since these instants. */
export interface PromotedSide extends Pick<SideActivity, "heardAt" | "toldAt"> {
  readonly socket: Stream;
}

/** Whether a direction is bulk: `wish` as configured for it, `carried` by the session, `stretch` by the direction since its last pause. */
export function isBulk(rule: PromotionRule, wish: Splicing, carried: number, stretch: number): boolean {
  return wish === null ? stretch >= rule.streamBytes : wish && carried >= rule.askedBytes;
}

/** What a direction has brought since its last pause, with `length` more after `silentMs`. */
export function stretched(rule: PromotionRule, stretch: number, silentMs: number, length: number): number {
  return silentMs >= rule.pauseMs ? length : stretch + length;
}
