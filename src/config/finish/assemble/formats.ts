/** Log formats of a proxy: read when the section is complete, since their meaning depends on it. */
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import { Complaint, complain } from "../../text/complaint.ts";
import { type FormatDraft, type ProxyDraft } from "../../draft/draft.ts";
import { ownLogFormat, parseLogFormat } from "../../expressions/log-format.ts";
import { isOfSsh } from "./ssh-waits.ts";
import { expressionsIn } from "../../../rules/samples/expressions-in.ts";
import { checkSshText } from "../../lines/ssh-text.ts";
import type { Site } from "../../../rules/samples/sites.ts";
import {
  aliases,
  httpClfLogFormat,
  httpLogFormat,
  httpsLogFormat,
  sshLogFormat,
  tcpLogFormat,
} from "../../../rules/format/log-alias.ts";

/** Where formats are evaluated that are not for logs. Clients are refused before a server's connection is there. */
const sites: ReadonlyMap<string, Site> = new Map([
  ["unique-id-format", "frontend tcp-request content rule"],
  ["ssh-error", "server source selection"],
]);

/** The format as it will run; null where none was asked for. */
export function formatPlan(proxy: ProxyDraft, format: FormatDraft | null, option: string): LogFormat | null {
  if (format === null) return null;
  if (format.index === null) return ownLogFormat(ownFormat(format, proxy), proxy.scope);
  const cursor = { statement: format.statement, index: format.index };
  const site = sites.get(option) ?? "logs";
  return parseLogFormat(cursor, proxy.scope, site, option);
}

/** Of `option tcplog` and its like; those of HTTP are no other in `mode tcp`. */
function ownFormat({ kind }: FormatDraft, { scope }: ProxyDraft): string {
  if (!scope.isHttp) return kind === "sshlog" ? sshLogFormat : tcpLogFormat;
  switch (kind) {
    case "httplog":
      return httpLogFormat;
    case "httplog-clf":
      return httpClfLogFormat;
    case "httpslog":
      return httpsLogFormat;
    default:
      return tcpLogFormat;
  }
}

/** Whether lines of these formats, null for none, wait for a session's end. */
export function isToldAtEnd(formats: readonly (LogFormat | null)[]): boolean {
  return formats.some((format) =>
    format?.parts.some((part) =>
      part.kind === "alias" ? aliases.get(part.alias)?.isLate === true : expressionsIn(part, isOfSsh).length > 0,
    ),
  );
}

/** Reads all formats of a proxy once, for what is wrong with them; HAProxy looks at two of those that a backend has no use for. */
export function checkFormats(proxy: ProxyDraft): void {
  const { settings, scope } = proxy;
  const ssh = settings.ssh.refusal;
  const all = [
    [settings.logFormat, "log-format"],
    [settings.logFormatSd, "log-format-sd"],
    [settings.uniqueIdFormat, "unique-id-format"],
    [settings.errorLogFormat, "error-log-format"],
    [ssh === "silent" ? null : ssh, "ssh-error"],
  ] as const;
  for (const [format, option] of all) {
    if (proxy.kind === "backend" && (option === "log-format" || option === "log-format-sd")) continue;
    if (format === null || format.index === null) continue;
    try {
      const plan = formatPlan({ ...proxy, scope: { ...scope, references: scope.references } }, format, option);
      const word = format.statement.words[format.index] ?? null;
      if (plan !== null && option === "ssh-error") checkSshText(plan, format.statement, word, scope.diagnostics);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      complain(scope.diagnostics, "alert", format.statement, error.message, error.word, error.advice, error.where);
    }
  }
}
