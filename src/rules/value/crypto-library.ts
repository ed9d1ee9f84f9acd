/** The runtime's digests, loaded when something that needs them is compiled: that takes 12 ms, and hardly anyone does. */
import type * as crypto from "node:crypto";
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** `node:crypto`. */
export function cryptoLibrary(): typeof crypto {
  return load("node:crypto") as typeof crypto;
}
