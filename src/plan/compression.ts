/** What is planned of compressing answers: `compression` of a proxy, and what `global` says for all of them. */

/** By the names that lines have for them. */
export const compressionAlgorithms = ["identity", "gzip", "deflate", "raw-deflate"] as const;

export type CompressionAlgorithm = (typeof compressionAlgorithms)[number];

/** `compression` of a frontend or backend; of an exchange a backend's lists come before its frontend's. */
export interface CompressionPlan {
  /** The one that is preferred where a client does not care comes first, which is the last one named. Empty: none was named. */
  readonly algorithms: readonly CompressionAlgorithm[];
  /** What Content-Type has to begin with, in lower case. Empty: it does not matter. */
  readonly types: readonly string[];
  /** Servers are not told what the client accepts, where something of it will be used. */
  readonly offload: boolean;
}

export const noCompression: CompressionPlan = { algorithms: [], types: [], offload: false };

/** What holds for all compression of the process. */
export interface CompressionLimits {
  /** `maxcomprate`: of bytes to be compressed; 0: no limit. */
  readonly bytesPerSecond: number;
  /** `maxcompcpuusage`: of one processor, 0 to 100; 100: no limit. */
  readonly processorPercent: number;
  /** `maxzlibmem`, in bytes; 0: no limit. */
  readonly zlibBytes: number;
  /** `tune.comp.maxlevel`: 1 to 9. */
  readonly level: number;
  /** `tune.zlib.memlevel`: 1 to 9. */
  readonly memoryLevel: number;
  /** `tune.zlib.windowsize`: the window has 2 to the power of this many bytes, 8 to 15. */
  readonly windowBits: number;
}

export const compressionLimits: CompressionLimits = {
  bytesPerSecond: 0,
  processorPercent: 100,
  zlibBytes: 0,
  level: 1,
  memoryLevel: 8,
  windowBits: 15,
};
