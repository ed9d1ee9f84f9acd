/** Where lines of the log go. */
import type { ServerAddress } from "./server.ts";

/** A `ring` section, or what `log tcp@…` stands for: lines on their way to servers that take them over a stream. */
export interface RingPlan {
  readonly name: string;
  /** So much waits for each server; the oldest lines give way. */
  readonly sizeBytes: number;
  /** 0: no limit. */
  readonly connectMs: number;
  /** How long a server may take nothing; 0: no limit. */
  readonly serverMs: number;
  readonly servers: readonly {
    readonly name: string;
    readonly address: ServerAddress;
    /** RFC 6587: octet counting in front of each line, instead of a line feed behind it. */
    readonly countsOctets: boolean;
  }[];
}

/** One `log` line. Where `log global` stands, the global targets have been copied in. */
export interface LogTarget {
  readonly destination:
    | { readonly kind: "udp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "fd"; readonly fd: number }
    | { readonly kind: "ring"; readonly ring: RingPlan };
  /** `format rfc3164` was asked for, which always names the host; HAProxy leaves it out where no format is given. */
  readonly namesHost?: true;
  readonly format: "rfc3164" | "rfc5424" | "priority" | "short" | "timed" | "iso" | "raw" | "local";
  /** Longest line in bytes. */
  readonly length: number;
  /** 0 to 23. */
  readonly facility: number;
  /** 0 (emerg) to 7 (debug): messages above `maxLevel` are left out, those below `minLevel` raised to it. */
  readonly maxLevel: number;
  readonly minLevel: number;
  readonly sample: { readonly ranges: readonly (readonly [number, number])[]; readonly size: number } | null;
}
