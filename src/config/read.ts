/** Reads configuration text into sections: lexer, variables, `.if` blocks and section headers, in one pass. */
import type { Diagnostics } from "./diagnostics.ts";
import type { ConfigurationFile } from "./files.ts";
import type { Environment, Section } from "./statement.ts";

/**
 * Reads files in order into the sections that `plan` understands; `environment` is changed by `setenv` and the like.
 *
 * Everything wrong is in `diagnostics`; what could be read is returned all the same.
 */
export function readConfiguration(
  files: readonly ConfigurationFile[],
  environment: Environment,
  diagnostics: Diagnostics,
): Section[] {
  throw new Error(`not yet: ${files.length} ${environment.size} ${diagnostics.refused}`);
}
