/** Stick tables: keys, counters and rates with expiry, as `stick-table` declares them. */

/** An entry that a session tracks; the table keeps it while anyone does. */
export interface TrackedEntry {
  readonly table: string;
}
