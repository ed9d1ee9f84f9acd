/** What will run: plain readonly data, every reference resolved, every default applied. */
import type { GlobalPlan } from "./global.ts";
import type { FrontendPlan, BackendPlan } from "./proxy.ts";
import type { ResolversPlan } from "./resolvers.ts";
import type { PatternListPlan } from "./rules/acl.ts";
import type { UserlistPlan } from "./rules/userlist.ts";
import type { TlsFilesPlan } from "./tls.ts";

/** A whole configuration, checked. Names in it (`defaultBackend`, `table`, …) always lead to something in it. */
export interface Plan {
  readonly global: GlobalPlan;
  /** `frontend` sections and the front half of each `listen`. */
  readonly frontends: readonly FrontendPlan[];
  /** `backend` sections and the back half of each `listen`. */
  readonly backends: readonly BackendPlan[];
  readonly resolvers: readonly ResolversPlan[];
  /** In the order of their numbers. */
  readonly patternLists: readonly PatternListPlan[];
  readonly userlists: readonly UserlistPlan[];
  readonly tls: TlsFilesPlan;
}
