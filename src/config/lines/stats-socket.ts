/** `stats socket` of the global section: the admin socket's address and rights. */
import { bindPlan, parseBindAddresses } from "./bind-line.ts";
import { Complaint } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import { noteIdleTlsWords } from "../options/bind-tls.ts";
import { bindOptions } from "../options/bind-options.ts";
import { readOptions } from "../row/line-options.ts";
import type { Line } from "../row/row.ts";

/** Reads the words after `stats socket` (manual, 3.1). Throws a Complaint. */
export function parseStatsSocket(draft: Draft, line: Line): void {
  const word = line.words[0];
  if (word === undefined || word.text === "") {
    throw new Complaint("'stats socket' in global section expects an address or a path to a UNIX socket", line.keyword);
  }
  const binds = parseBindAddresses(draft, line.statement, word, "'stats socket' : ");
  const options = binds[0];
  if (options === undefined) return;
  readOptions(bindOptions, options, line.statement, line.start + 1, draft, {
    unknown(unknown, near) {
      const hint = near === null ? "" : ` Did you mean '${near}' maybe ?`;
      throw new Complaint(`'stats socket' : unknown keyword '${unknown.text}'.${hint}`, unknown);
    },
    wrong(complaint) {
      throw new Complaint(`'stats socket' : '${complaint.message}'`, complaint.word, complaint.advice);
    },
  });
  const { tlsWords } = options;
  const ssl = tlsWords.said.get("ssl");
  if (tlsWords.isSpoken && ssl !== undefined) {
    throw new Complaint(
      "'stats socket' : 'ssl' is not supported",
      ssl.keyword,
      "a unix socket keeps others out by its rights",
    );
  }
  noteIdleTlsWords(tlsWords, draft);
  for (const bind of binds) {
    const merged = { ...options, address: bind.address, isName: bind.isName };
    draft.global.statsSockets.push({
      bind: bindPlan(merged, draft.global.statsSockets.length + 1),
      level: options.level,
      severityOutput: options.severityOutput,
    });
  }
}
