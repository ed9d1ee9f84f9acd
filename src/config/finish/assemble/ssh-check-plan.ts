/** What the checks of a backend with `option ssh-check` plan. */
import type { CheckPlan } from "../../../plan/check.ts";
import type { Settings } from "../../draft/draft.ts";

/** In `mode http`, where SSH is not spoken, `defaults` may say it: a plain check then. */
export function sshCheckPlan({ mode, sshCheck: { expects, slowMs } }: Settings): CheckPlan {
  if (mode.value === "http") return { kind: "tcp", scripted: false, steps: [] };
  return { kind: "ssh", expects, slowMs };
}
