/** Names that rules refer to, checked once every section has been read. */
import type { Diagnostics } from "./diagnostics.ts";
import type { Reference } from "./scope.ts";

/** What is known of all proxies when references are checked. */
export interface KnownNames {
  readonly hasFrontend: (name: string) => boolean;
  readonly hasBackend: (name: string) => boolean;
  readonly hasServer: (backend: string, server: string) => boolean;
  readonly hasTable: (name: string) => boolean;
  readonly hasUserlist: (name: string) => boolean;
}

/** Complains, in HAProxy's words, about every reference that leads nowhere. */
export function checkReferences(references: readonly Reference[], known: KnownNames, diagnostics: Diagnostics): void {
  throw new Error(`not yet: ${references.length} ${diagnostics.refused} ${known.hasTable.length}`);
}
