/** All sessions of the process, and what looks at them together. */
import type { InternalStates } from "../../rules/context.ts";
import { BytesOut, type Sender } from "../process/bytes-out.ts";
import { LiveBytes } from "../process/live-bytes.ts";
import { SlowConnects } from "../process/slow-connects.ts";

/** One per process. */
export class Sessions<One extends Sender = Sender> {
  /** From the accept to the end. */
  readonly running = new Set<One>();
  readonly bytesOut = new BytesOut(this.running);
  readonly liveBytes = new LiveBytes();
  /** Connects that take their time: from then on the client's leaving is looked for. */
  readonly slow = new SlowConnects<{ watchClient(): void }>((one) => one.watchClient());
  lastId = 0;

  /** `internal`: what rules may ask of proxies. */
  constructor(readonly internal: InternalStates) {}
}
