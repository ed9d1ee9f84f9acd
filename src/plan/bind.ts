/** What is planned of one listening socket. */
import type { Position } from "./position.ts";
import type { ListeningSocketPlan } from "./socket.ts";

/** One listening socket: ranges and lists have been taken apart. */
export interface BindPlan extends ListeningSocketPlan {
  /** The address as written, for messages; and its position. */
  readonly text: string;
  readonly position: Position;
  readonly name: string | null;
  readonly id: number;
  /** 0: no limit of its own. */
  readonly maxconn: number;
  readonly acceptProxy: boolean;
}
