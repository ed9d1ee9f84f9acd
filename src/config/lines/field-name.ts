/** Fields that lines add to messages by themselves. */
import { isFraming } from "../../rules/actions/http/framing-fields.ts";
import { positionOf } from "../draft/draft.ts";
import type { Line } from "../row/row.ts";
import { complain } from "../text/complaint.ts";

/** Whether a field of that name may be added; it is said where it may not, for it would tell where a message ends. */
export function mayAdd(name: string, line: Line): boolean {
  if (!isFraming(name.toLowerCase())) return true;
  const keyword = line.statement.words.map(({ text }) => text).join(" ");
  const reason = "a body is as long as it is, and its head says so";
  complain(line.draft.diagnostics, "notice", line.statement, `'${keyword}' has no effect: ${reason}.`, line.keyword);
  line.draft.global.withoutEffect.push({ keyword, reason, position: positionOf(line.statement) });
  return false;
}
