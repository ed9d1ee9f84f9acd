/** The socket of a command that asks a server from here: nothing of it is special. */
import type { ConnectOptions } from "../../net/transport.ts";

export const plainSocket: Omit<ConnectOptions, "address" | "timeoutMs"> = {
  source: null,
  interface: null,
  transparent: false,
  keepAlive: null,
  buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  quickAck: true,
  isBrief: true,
  mark: null,
};
