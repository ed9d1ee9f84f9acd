/** Finds and loads the configuration files that `-f` names. */
import type { Diagnostics } from "./diagnostics.ts";

/** One file: its name as given after `-f`, and its bytes as latin1 text (one character a byte, so that none is lost). */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Loads files in the order given; a folder stands for its `*.cfg` files, sorted by name.
 *
 * Null when one cannot be read, with HAProxy's message for it in `diagnostics`.
 */
export function loadFiles(paths: readonly string[], diagnostics: Diagnostics): ConfigurationFile[] | null {
  throw new Error(`not yet: ${paths.length} ${diagnostics.refused}`);
}
