/** One of the two sides of a relay: its stream, and what has come of it. */
import { restedMs } from "../../clock.ts";
import type { SideActivity } from "./idle-limits.ts";
import type { Stream, Tap } from "../transport.ts";

/** What a relay keeps of one side. */
export interface Side extends SideActivity {
  readonly name: "client" | "server";
  readonly socket: Stream;
  /** Shows what comes from this side to the taps, until all of them have seen enough. */
  tap: ((bytes: Uint8Array) => boolean) | null;
  /** Bytes taken from this side. */
  bytes: number;
  /** Those of them that came since it last paused. */
  stretch: number;
  /** What the loop had rested by then, when bytes last came, or when waiting for them began anew. */
  restedMs: number;
  /** This side sent FIN. */
  ended: boolean;
}

const showClient = (tap: Tap, bytes: Uint8Array): boolean => tap.fromClient(bytes);
const showServer = (tap: Tap, bytes: Uint8Array): boolean => tap.fromServer(bytes);

/** A side that begins `now`, in monotonic ms. */
export function beginSide(name: Side["name"], socket: Stream, now: number, taps: readonly Tap[] | undefined): Side {
  return {
    name,
    socket,
    tap: tapped(taps, name === "client" ? showClient : showServer),
    bytes: 0,
    stretch: 0,
    restedMs: restedMs(),
    ended: false,
    heardAt: now,
    toldAt: now,
    reading: true,
    writing: false,
    shut: false,
  };
}

/** One function for all taps of a direction: false once each has seen enough. */
function tapped(taps: readonly Tap[] | undefined, show: (tap: Tap, bytes: Uint8Array) => boolean): Side["tap"] {
  if (taps === undefined || taps.length === 0) return null;
  let left = taps;
  return (bytes) => (left = left.filter((tap) => show(tap, bytes))).length > 0;
}
