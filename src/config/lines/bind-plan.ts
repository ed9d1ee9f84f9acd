/** A listener's draft to its plan. */
import type { BindPlan } from "../../plan/bind.ts";
import type { BindDraft } from "../draft/draft.ts";

/** Leaves behind what only reading needed; `id` is used where the line gave none. */
export function bindPlan(draft: BindDraft, id: number): BindPlan {
  const {
    isName: _isName,
    idGiven,
    level: _level,
    severityOutput: _severityOutput,
    statement: _statement,
    ...plan
  } = draft;
  return { ...plan, id: idGiven ? plan.id : id };
}
