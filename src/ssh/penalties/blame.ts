/** Who is to blame for a session that has ended before anybody can have logged in. */

/** How a session ended: by whom, and how far it had come. `by` null: by ourselves. */
export interface EndedSession {
  readonly by: "client" | "server" | null;
  /** Its end was that a side said nothing for too long. */
  readonly isTimeout: boolean;
  /** It was the server's turn, which one that there is not yet has as well. */
  readonly isServersTurn: boolean;
  /** How long the side whose turn it was had been waited for. */
  readonly waitedMs: number;
  /** Both have said what they can do, and there is nothing that both can. */
  readonly isHopeless: boolean;
}

/** Whoever has been waited for as long is to blame, whoever leaves: less than users of ssh wait at least (`ConnectTimeout 1`), the way here and back off. */
export const patienceMs = 500;

/** Whether that is the client: a server that fails, and we, never bring a penalty upon anybody. */
export function isClientsFault({ by, isTimeout, isServersTurn, waitedMs, isHopeless }: EndedSession): boolean {
  if (by === null) return false;
  if (isTimeout) return !isServersTurn;
  if (isHopeless) return true;
  return waitedMs >= patienceMs ? !isServersTurn : by === "client";
}
