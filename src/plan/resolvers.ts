/** What is planned of a `resolvers` section. */
import type { Position } from "./position.ts";

/** Times in ms; what holds where a section does not say is in `resolversDefaults`. */
export interface ResolversOptions {
  readonly retries: number;
  readonly timeoutResolveMs: number;
  readonly timeoutRetryMs: number;
  readonly holdMs: {
    readonly valid: number;
    readonly obsolete: number;
    readonly nx: number;
    readonly other: number;
    readonly refused: number;
    readonly timeout: number;
  };
  readonly acceptedPayloadBytes: number;
}

/** Manual, 5.3.2. */
export const resolversDefaults: ResolversOptions = {
  retries: 3,
  timeoutResolveMs: 1000,
  timeoutRetryMs: 1000,
  holdMs: { valid: 10_000, obsolete: 0, nx: 30_000, other: 30_000, refused: 30_000, timeout: 30_000 },
  acceptedPayloadBytes: 512,
};

/** A `resolvers` section. */
export interface ResolversPlan extends ResolversOptions {
  readonly name: string;
  readonly position: Position;
  readonly nameservers: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly stream: boolean;
  }[];
}
