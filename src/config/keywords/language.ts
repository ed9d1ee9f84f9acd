/** The language's table: every keyword of HAProxy's configuration, what it does here, and how a line finds its row. */
import { bindRows } from "../options/bind-options.ts";
import { checkRows } from "./proxy/checks.ts";
import { actionWords, sampleWords } from "./extension-words.ts";
import { globalCompressionRows } from "./global/global-compression.ts";
import { globalHttpRows } from "./global/global-http.ts";
import { globalIdleRows } from "./global/global-idle.ts";
import { globalServerTlsRows } from "./global/global-server-tls.ts";
import { globalTlsIdleRows } from "./global/global-tls-idle.ts";
import { globalTlsRows } from "./global/global-tls.ts";
import { globalTlsOfferRows } from "./global/global-tls-offer.ts";
import { globalSshRows } from "./global/global-ssh.ts";
import { globalRows } from "./global/global.ts";
import { httpRows } from "./proxy/http-rows.ts";
import { httpErrorsRows, userlistRows } from "./http-sections.ts";
import { mailersRows, peersRows } from "./idle-sections.ts";
import { obsoleteRows } from "./global/obsolete.ts";
import { optionRows } from "./proxy/option-lines.ts";
import { proxyRows } from "./proxy/proxy.ts";
import { resolversRows } from "./resolvers.ts";
import { ringRows } from "./ring.ts";
import { sshHostKeysRows } from "./ssh-hostkeys.ts";
import { sshPenaltyRows } from "./proxy/ssh/ssh-penalties.ts";
import { sshRows } from "./proxy/ssh/ssh.ts";
import { startupRows } from "./proxy/ssh/startups.ts";
import { sshCheckRows } from "./proxy/ssh/ssh-checks.ts";
import { sessionRows } from "./proxy/rules.ts";
import { directiveRows, sectionRows } from "./section-names.ts";
import { serverRows } from "../options/server-options.ts";
import { timeoutRows } from "./proxy/timeouts.ts";
import type { Draft } from "../draft/draft.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import type { Keyword, Row } from "../row/row.ts";

/** Rows of `global` sections. */
export const globalTable: readonly Row<Draft>[] = [
  ...globalRows,
  ...globalCompressionRows,
  ...globalHttpRows,
  ...globalServerTlsRows,
  ...globalTlsRows,
  ...globalTlsIdleRows,
  ...globalTlsOfferRows,
  ...globalSshRows,
  ...globalIdleRows,
];

/** Rows of `defaults`, `frontend`, `listen` and `backend` sections. */
export const proxyTable: readonly Row<ProxySection>[] = [
  ...proxyRows,
  ...sessionRows,
  ...timeoutRows,
  ...optionRows,
  ...sshRows,
  ...startupRows,
  ...sshCheckRows,
  ...sshHostKeysRows,
  ...sshPenaltyRows,
  ...checkRows,
  ...httpRows,
  ...obsoleteRows,
];

/** Every keyword, in the order of the reference. Names of option keywords that take `(…)` are shown without it. */
export const keywords: readonly Keyword[] = [
  ...sectionRows,
  ...directiveRows,
  ...globalTable,
  ...proxyTable,
  ...bindRows,
  ...serverRows,
  ...resolversRows,
  ...ringRows,
  ...peersRows,
  ...userlistRows,
  ...httpErrorsRows,
  ...mailersRows,
  ...actionWords,
  ...sampleWords,
].map(({ name, scope, where, usage, class: cls, reason, tier, mode, isExtension, help }) => ({
  name: name.replace(/\($/, ""),
  scope,
  where,
  usage: name.endsWith("(") ? `(${usage}` : usage,
  class: cls,
  reason,
  tier,
  mode,
  isExtension,
  help,
}));
