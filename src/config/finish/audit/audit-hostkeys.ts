/** Checks what lines say of servers' host keys: where they cannot be read, and files that are to be two things. */
import { serverMessage } from "../../text/complaint.ts";
import type { Draft, ProxyDraft, ServerDraft } from "../../draft/draft.ts";
import { hostKeysPlan } from "../assemble/hostkeys-plan.ts";
import { say } from "./audit-message.ts";

/** Adds what is wrong with a backend's. */
export function checkHostKeys(proxy: ProxyDraft, draft: Draft): void {
  for (const server of proxy.servers) if (hostKeysPlan(proxy, server) !== null) checkReach(proxy, server, draft);
}

function checkReach(proxy: ProxyDraft, server: ServerDraft, draft: Draft): void {
  const { address, statement, settings, name } = server;
  const label = `'server ${proxy.name}/${name}' : `;
  if (settings.tls.isSpoken) {
    const text = `${label}its host keys cannot be read through TLS: remove 'ssl', or 'ssh-hostkeys' and 'ssh-hostkey' for it.`;
    serverMessage(
      draft.diagnostics,
      "alert",
      statement,
      text,
      statement.words.find((word) => word.text === "ssl") ?? null,
    );
    return;
  }
  if (address.kind !== "tcp") return;
  const isOpen = /^(?:0\.0\.0\.0|::|\*|)$/.test(address.host);
  const isService = address.isName && address.host.startsWith("_");
  if (!isOpen && (isService || (address.port !== null && address.portOffset === 0))) return;
  const what = isOpen ? "address" : "port";
  const text = `${label}its host keys will not be read, because its ${what} is the one that each client has connected to. Give it ${isOpen ? "an address" : "a port"} of its own.`;
  serverMessage(draft.diagnostics, "warning", statement, text, statement.words[2] ?? null);
}

/** Each would take the other's content for a file that is none of its own. */
export function checkKeptFiles(draft: Draft): void {
  const { reportFile, hostKeysFile } = draft.global.ssh;
  if (reportFile === null || reportFile !== hostKeysFile) return;
  say(
    draft,
    "alert",
    `'ssh-report-file' and 'ssh-hostkeys-file' name the same file '${reportFile}': each needs its own.`,
    null,
  );
}
