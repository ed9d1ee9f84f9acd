/** Checks what a section says of SSH: where it means nothing, and what it asks before it can be known. */
import { proxyLabel } from "../../text/section-headers.ts";
import { lineOf, say } from "./audit-message.ts";
import type { Draft, ProxyDraft } from "../../draft/draft.ts";
import { askedOfSsh } from "../assemble/ssh-waits.ts";

/** Words of servers, too. */
const bothWords = ["ssh-maxstartups", "ssh-login-grace", "ssh-hostkey"];

const lines = [
  ["option", "ssh"],
  ["option", "ssh-require"],
  ["option", "sshlog"],
  ["option", "ssh-check"],
  ["ssh-check"],
  ["ssh-error"],
  ["ssh-hostkeys"],
  ["ssh-penalties"],
  ...bothWords.map((word) => [word]),
];

const serverLines = ["server", "default-server", "server-template"];

/** Refuses what a section in `mode http` itself says of SSH, and rules that act on it. What its `defaults` say is for others. */
export function checkSshMode(proxy: ProxyDraft, draft: Draft): void {
  if (proxy.settings.mode.value !== "http") return;
  const why = `needs 'mode tcp' in ${proxyLabel(proxy)}: SSH is not spoken in 'mode http'. Remove it, or move it to a section in 'mode tcp'.`;
  for (const [keyword, second] of lines) {
    const line = lineOf(proxy, keyword ?? "", second);
    if (line === null) continue;
    const name = second === undefined ? keyword : `${keyword} ${second}`;
    say(draft, "alert", `parsing [${line.file}:${line.line}] : '${name}' ${why}`, line);
  }
  for (const line of proxy.section.statements) {
    if (!serverLines.includes(line.words[0]?.text ?? "")) continue;
    const word = line.words.find(({ text }) => bothWords.includes(text));
    if (word !== undefined)
      say(draft, "alert", `parsing [${line.file}:${line.line}] : '${word.text}' ${why}`, line, word);
  }
  const rules = [...proxy.connectionRules, ...proxy.sessionRules, ...proxy.contentRules];
  for (const { action, position } of rules) {
    if (action.kind !== "ssh-reject" && action.kind !== "ssh-tarpit") continue;
    say(draft, "alert", `parsing [${position.file}:${position.line}] : '${action.kind}' ${why}`, null);
  }
}

/** Warns of lines about checks that cannot do anything. What `defaults` say is for others. */
export function checkSshChecks(proxy: ProxyDraft, draft: Draft): void {
  const { check, sshCheck, timeouts, mode } = proxy.settings;
  if (mode.value === "http" || proxy.kind === "frontend") return;
  const line = lineOf(proxy, "ssh-check");
  const isChecked = check.kind === "plain" && check.plan.kind === "ssh";
  if (!isChecked && line !== null) {
    say(draft, "warning", `${proxyLabel(proxy)} : 'ssh-check' has no effect without 'option ssh-check'.`, line);
  }
  if (isChecked && timeouts.checkMs > 0 && sshCheck.slowMs >= timeouts.checkMs) {
    const text = `${proxyLabel(proxy)} : a check that speaks to a server takes it for dead after 'timeout check' (${timeouts.checkMs} ms), before it could be slow ('ssh-check slow', ${sshCheck.slowMs} ms).`;
    say(draft, "warning", text, line ?? proxy.section.header);
  }
}

/** Warns of what a section asks of SSH without a delay in which it could come. */
export function checkSshDelays(proxies: readonly ProxyDraft[], draft: Draft): void {
  if (!draft.global.asksSsh) return;
  const asked = (proxy: ProxyDraft) => askedOfSsh(proxy, proxy.kind === "backend" ? "backend" : "frontend", draft);
  // What a frontend has waited for its backends find.
  const isWaitedFor = proxies.some(
    (proxy) => proxy.kind !== "backend" && proxy.inspectDelayMs > 0 && asked(proxy).inRequest.length > 0,
  );
  for (const proxy of proxies) {
    const { inRequest } = asked(proxy);
    const isServed = proxy.kind === "backend" && isWaitedFor;
    if (inRequest.length > 0 && proxy.inspectDelayMs === 0 && !isServed)
      warnOfHaste(proxy, inRequest, "request", draft);
    const { inResponse } = proxy.kind === "frontend" ? { inResponse: [] } : askedOfSsh(proxy, "backend", draft);
    if (inResponse.length > 0 && proxy.responseInspectDelayMs === 0) warnOfHaste(proxy, inResponse, "response", draft);
  }
}

const sides = { request: "client", response: "server" } as const;

function warnOfHaste(proxy: ProxyDraft, names: readonly string[], way: "request" | "response", draft: Draft): void {
  const what = names.map((name) => `'${name}'`).join(", ");
  const delay = `tcp-${way} inspect-delay`;
  const text = `${proxyLabel(proxy)} : ${what} will mostly find nothing without '${delay}': the ${sides[way]} has not spoken yet when it is looked for. '${delay} 1s' will do.`;
  say(draft, "warning", text, proxy.section.header);
}
