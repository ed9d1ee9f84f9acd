/** What a section's lines come to that have to do with SSH. */
import { sshDefaults, type SshPlan, type SshRefusalPlan } from "../../../plan/ssh.ts";
import type { ProxyDraft } from "../../draft/draft.ts";
import { formatPlan } from "./formats.ts";

/** The plan of a frontend or backend that comes from this section. In `mode http` SSH is not spoken. */
export function sshPlan(proxy: ProxyDraft): SshPlan {
  const { ssh, mode, http } = proxy.settings;
  if (mode.value === "http") return sshDefaults;
  const refusal = refusalPlan(proxy);
  return {
    isRead: ssh.isRead || ssh.isRequired || refusal?.kind === "text" || hasOwnActions(proxy),
    isRequired: ssh.isRequired,
    refusal,
    tarpitMs: http.timeouts.tarpitMs,
  };
}

function refusalPlan(proxy: ProxyDraft): SshRefusalPlan | null {
  const { refusal } = proxy.settings.ssh;
  if (refusal === "silent") return { kind: "silent" };
  const text = formatPlan(proxy, refusal, "ssh-error");
  return text === null ? null : { kind: "text", text };
}

/** Whether a rule has a last word for its clients. */
function hasOwnActions({ sessionRules, contentRules }: ProxyDraft): boolean {
  return [...sessionRules, ...contentRules].some(({ action }) => action.kind === "ssh-reject");
}
