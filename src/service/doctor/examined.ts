/** What is examined, and what all examinations are given. */
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Transport } from "../../net/transport.ts";
import type { Plan } from "../../plan/plan.ts";
import type { FindHolder } from "../runtime/port-holder.ts";
import type { NameAsker } from "../../system/names.ts";

/** One configuration on this machine. */
export interface Examined {
  readonly plan: Plan;
  readonly files: readonly ConfigurationFile[];
  readonly transport: Pick<Transport, "connect" | "listen">;
  /** By the monotonic clock, in ms: nothing waits longer. */
  readonly deadlineAt: number;
  /** Where the health endpoint would listen: FAIRLEAD_HEALTH; null: its usual place. */
  readonly health: string | null;
  readonly addressesOf: NameAsker;
  readonly holderOf: FindHolder;
  /** The process that serves these very files; null: none is seen. */
  readonly running: number | null;
}
