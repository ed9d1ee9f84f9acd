/** What is planned of one listening socket. */
import type { Position } from "./position.ts";
import type { BindTlsPlan } from "./tls.ts";
import { listeningDefaults, type ListeningSocketPlan } from "./socket.ts";

/** What holds for a `bind` line without options (HAProxy's manual, 5.1). */
export const bindDefaults: Omit<BindPlan, "address" | "text" | "position"> = {
  ...listeningDefaults,
  name: null,
  id: 0,
  maxconn: 0,
  acceptProxy: false,
  tls: null,
};

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
  /** Null: what comes is taken as it is. */
  readonly tls: BindTlsPlan | null;
}
