/** The `%xx` aliases of log formats that mean something in TCP (manual, section 8.2.6). */
import type { SampleContext } from "./context.ts";
import type { SessionRecord } from "./session-record.ts";

export type Alias = (record: SessionRecord, context: SampleContext) => string | number | null;

export const aliases: Readonly<Record<string, Alias>> = {
  B: (record) => record.bytesOut,
};
