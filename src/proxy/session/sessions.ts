/** All sessions of the process, and what looks at them together. */
import type { SocketAddress } from "../../address.ts";
import { Roster } from "../../roster.ts";
import type { InternalStates } from "../../rules/context.ts";
import type { ServedSession } from "../backend/backend.ts";
import type { ClosingWindow } from "../time/closing-window.ts";
import type { NamedResolver } from "../names/name-resolver.ts";
import { BytesOut, type Sender } from "../process/bytes-out.ts";
import { LiveBytes } from "../process/live-bytes.ts";
import { SlowConnects } from "../time/slow-connects.ts";

/** A client's connection as the rest of the process sees it: what is shown of it, and how it is ended. */
export interface RunningSession extends Sender, ServedSession {
  readonly sessionId: number;
  readonly frontend: string;
  /** Null while none is chosen. */
  readonly backend: string | null;
  readonly server: string | null;
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  readonly serverSide: { readonly source: SocketAddress; readonly destination: SocketAddress } | null;
  /** Wall clock, and monotonic ms. */
  readonly acceptedAt: number;
  readonly startedAt: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** It waits for a request, and is no session for whoever looks. Left out: it never does. */
  readonly isIdle?: boolean;
  /** The process stops: ends unless something is under way. Left out: something always is. */
  retire?(): void;
  /** Another plan runs: as above, where its own is no more. */
  renew?(closing: ClosingWindow): void;
}

/** One per process. */
export class Sessions {
  /** From the accept to the end. */
  readonly running = new Roster<RunningSession>();
  readonly bytesOut = new BytesOut(this.running);
  readonly liveBytes = new LiveBytes();
  /** Connects that take their time: from then on the client's leaving is looked for. */
  readonly slow = new SlowConnects<{ watchClient(): void }>((one) => one.watchClient());
  lastId = 0;
  /** Whom rules ask for names, by name of their section: those of the plan that runs. */
  resolvers: ReadonlyMap<string, NamedResolver> = new Map();

  /** `internal`: what rules may ask of proxies. */
  constructor(readonly internal: InternalStates) {}
}
