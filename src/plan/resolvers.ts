/** What is planned of a `resolvers` section. */
import type { Position } from "./position.ts";

/** A `resolvers` section. Times in ms. */
export interface ResolversPlan {
  readonly name: string;
  readonly position: Position;
  readonly nameservers: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly stream: boolean;
  }[];
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
