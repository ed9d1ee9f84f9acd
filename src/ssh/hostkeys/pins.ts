/** `ssh-hostkey`: whether a server has what is pinned. */
import type { HostKeyFacts } from "../public.ts";
import { plainName, type SeenKey } from "./known.ts";

type Held = Pick<HostKeyFacts, "name" | "type" | "fingerprint" | "isVerified">;

/** What speaks against a server, in words; "unknown": not enough was read of it. */
export type PinVerdict = { readonly objection: string | null } | "unknown";

const mostTold = 4;

/**
 * A server must have one of the pinned keys, and of each kind that a pin is of no other. `isWhole`: `keys` are all that it has. `nameOf`:
 * the kind of a pinned key that some server was seen with.
 */
export function judgePins(
  pins: readonly string[],
  keys: readonly Held[] | readonly SeenKey[],
  isWhole: boolean,
  nameOf: (fingerprint: string) => string | null,
): PinVerdict {
  const isPinned = ({ fingerprint }: Held): boolean => pins.includes(fingerprint);
  const kinds = new Set(pins.map(nameOf));
  const held = keys.filter((key) => key.isVerified && isPinned(key));
  const other = keys.find((key) => !isPinned(key) && kinds.has(plainName(key.name)));
  if (other !== undefined)
    return { objection: `its ${other.type} host key ${other.fingerprint} is not the pinned one` };
  if (held.length > 0) return { objection: null };
  // What was not read may be the pinned one.
  return isWhole ? { objection: noneOf(keys) } : "unknown";
}

function noneOf(keys: readonly Held[]): string {
  if (keys.length === 0) return "it has proved to have none of the pinned host keys";
  const told = keys.slice(0, mostTold).map(({ fingerprint, type }) => `${fingerprint} (${type})`);
  if (keys.length > mostTold) told.push(`${keys.length - mostTold} more`);
  return `its host ${keys.length === 1 ? "key is" : "keys are"} not pinned: ${told.join(", ")}`;
}
