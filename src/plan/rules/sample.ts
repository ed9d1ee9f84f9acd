/** What sample expressions are made of. */

/** Words of a sample expression: a fetch, its arguments, then converters. Argument counts and types have been checked. */
export interface SampleExpression {
  readonly fetch: string;
  readonly arguments: readonly SampleArgument[];
  readonly converters: readonly { readonly name: string; readonly arguments: readonly SampleArgument[] }[];
  /** As written, for messages. */
  readonly text: string;
}

/** Strings as given (times in ms and sizes in bytes already as numbers; names of tables and backends checked; map files read). */
export type SampleArgument = string | number | null | MapFile;

/** A map's file as it was read: its entries are those of the list in `Plan.patternLists`, no copy. */
export interface MapFile {
  readonly file: string;
  readonly entries: readonly { readonly key: string; readonly value: string | null }[];
}
