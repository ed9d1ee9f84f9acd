/** Rows of HTTP: they act in `mode http`, and are read all the same, without effect, where nothing is HTTP. */
import { Complaint } from "../../text/complaint.ts";
import { positionOf } from "../../draft/draft.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, type Working } from "../../row/row.ts";
import { httpReason } from "../../row/http-reason.ts";
import type { WordsSchema } from "../../row/value.ts";

const { works } = rowsOf<ProxySection>("proxy");

/** A row that works in `mode http` alone. What a section in `mode tcp` says by it is checked, and then used by nobody. */
export function httpRow<Schema extends WordsSchema>(
  name: string,
  entry: Working<ProxySection, Schema>,
): Row<ProxySection> {
  const row = works(name, entry);
  return {
    ...row,
    mode: "http",
    read(target, line) {
      if (target.scope.isHttp) return row.read(target, line);
      lenient(() => row.read(target, line));
      withoutEffect(name, line);
    },
  };
}

function withoutEffect(keyword: string, line: Line): void {
  line.draft.global.withoutEffect.push({ keyword, reason: httpReason, position: positionOf(line.statement) });
}

/** Reads what nobody will use: that something of it is not to be had here is no fault then. */
function lenient(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Complaint) || !/' is not supported\b/.test(error.message)) throw error;
  }
}
