/** What a section's lines come to that have to do with SSH. */
import type { BackendPlan, FrontendPlan } from "../../../plan/proxy.ts";
import { limitsStartups } from "../../../plan/ssh/startups.ts";
import { sshDefaults, type SshPlan, type SshRefusalPlan } from "../../../plan/ssh/ssh.ts";
import { expressionsIn } from "../../../rules/samples/expressions-in.ts";
import type { Draft, ProxyDraft } from "../../draft/draft.ts";
import { formatPlan } from "./formats.ts";
import { isOfSsh } from "./ssh-waits.ts";

/** A plan but for what it has of SSH. */
type Half = Omit<FrontendPlan, "ssh"> | Omit<BackendPlan, "ssh">;

/** What a frontend or backend that comes from this section plans of SSH. In `mode http` it is not spoken. */
export function sshPlan(proxy: ProxyDraft, half: Half, { global }: Draft): SshPlan {
  const { ssh, mode, http } = proxy.settings;
  if (mode.value === "http") return sshDefaults;
  const refusal = refusalPlan(proxy);
  const penalties = "sessionRules" in half ? ssh.penalties : null;
  const isAsked = (): boolean => hasLastWord(half) || (global.asksSsh && expressionsIn(half, isOfSsh).length > 0);
  return {
    isRead:
      ssh.isRead ||
      ssh.isRequired ||
      penalties !== null ||
      refusal?.kind === "text" ||
      countsStartups(half) ||
      checksSsh(half) ||
      isAsked(),
    isNamed: (ssh.isRead || ssh.isRequired || penalties !== null || countsStartups(half)) && isNamed(proxy),
    isRequired: ssh.isRequired,
    refusal,
    tarpitMs: http.timeouts.tarpitMs,
    penalties,
  };
}

function isNamed({ section }: ProxyDraft): boolean {
  return section.statements.some(
    ({ words: [first, second] }) =>
      first?.text === "ssh-maxstartups" ||
      first?.text === "ssh-penalties" ||
      (first?.text === "option" && (second?.text === "ssh" || second?.text === "ssh-require")),
  );
}

function refusalPlan(proxy: ProxyDraft): SshRefusalPlan | null {
  const { refusal } = proxy.settings.ssh;
  if (refusal === "silent") return { kind: "silent" };
  const text = formatPlan(proxy, refusal, "ssh-error");
  return text === null ? null : { kind: "text", text };
}

/** Whether sessions at a server count until their authentication is over. */
function countsStartups(half: Half): boolean {
  if (!("servers" in half)) return false;
  return [...half.servers, half.direct].some((one) => one !== null && limitsStartups(one.startups));
}

/** What its sessions' servers say counts for their checks. */
function checksSsh(half: Half): boolean {
  return "check" in half && half.check.kind === "ssh";
}

/** Whether a rule has a text for clients that it refuses. */
function hasLastWord(half: Half): boolean {
  const rules = "sessionRules" in half ? [...half.sessionRules, ...half.contentRules] : half.contentRules;
  return rules.some(({ action }) => action.kind === "ssh-reject");
}
