/** Keywords around HTTP and what is done to its bytes; the others have files of their own beside this one. */
import { Complaint } from "../../text/complaint.ts";
import { logLevel } from "../../lines/log.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { words } from "../../row/value.ts";
import { httpCompressionRows } from "./http-compression.ts";
import { httpCookieRows } from "./http-cookie.ts";
import { httpPageRows } from "./http-pages.ts";
import { httpRuleRows } from "./http-rules.ts";
import { httpServerRows } from "./http-servers.ts";
import { httpStatsRows } from "./http-stats.ts";

const { idle, refused } = rowsOf<ProxySection>("proxy");

const mailWords = new Set(["from", "mailers", "level", "myhostname", "to"]);

const otherRows: readonly Row<ProxySection>[] = [
  idle("email-alert", {
    where: "DFLB",
    usage: "from|level|mailers|myhostname|to <value>",
    tier: "C",
    help: "Mails on a server's change of state.",
    reason: "nothing sends mail: watch /readyz, /metrics or the log",
    check({ settings }, line) {
      const [word, value] = line.words;
      if (word === undefined) throw new Complaint("missing argument after 'email-alert'.", line.keyword);
      if (!mailWords.has(word.text)) {
        throw new Complaint(`email-alert: unknown argument '${word.text}'.`, word);
      }
      if (word.text === "level" && logLevel(value?.text ?? "") === null) {
        throw new Complaint(`unknown log level 'level' after '${value?.text ?? ""}'`, value ?? word);
      }
      settings.emailAlert.add(word.text);
      if (word.text === "mailers" && value !== undefined) {
        settings.mailers = { name: value.text, statement: line.statement, word: value };
      }
    },
  }),
  refused("usesrc", {
    where: "DLB",
    help: "Part of `source`.",
    reason: "it stands after `source`",
    says: () => "'usesrc' only allowed after a 'source' statement.",
  }),
  refused("filter", {
    where: "FLB",
    usage: "<name> …",
    tier: "C",
    help: "A filter on the data.",
    reason: "there are no filters",
    advice: "remove it: bytes are passed through as they are",
  }),
  refused("dispatch", {
    where: "LB",
    usage: "<address>:<port>",
    tier: "C",
    help: "A single server without a name.",
    needs: "backend",
    reason: "a 'server' line does the same",
    advice: "write 'server NAME ADDRESS:PORT' instead",
  }),
  refused("use-fcgi-app", {
    where: "LB",
    usage: "<name>",
    help: "FastCGI.",
    reason: "FastCGI is not spoken",
    advice: "put a web server that speaks it in front of the application",
  }),
  idle("transparent", {
    where: "DLB",
    tier: "C",
    help: "Goes where the client wanted to, without a server.",
    reason: "it matters to backends without servers, which are refused with it",
    words: words("transparent", []),
    check: (target, line) => void (target.settings.transparent = !line.negated),
  }),
  refused("persist", {
    where: "DLB",
    usage: "rdp-cookie[(<name>)]",
    tier: "C",
    help: "Persistence by an RDP cookie.",
    needs: "backend",
    reason: "RDP cookies do not choose servers here",
    advice: "use 'balance rdp-cookie' or 'stick on req.rdp_cookie(mstshash)'",
  }),
];

/** The rows of this file and those of the files around HTTP beside it. */
export const httpRows: readonly Row<ProxySection>[] = [
  ...httpRuleRows,
  ...httpPageRows,
  ...httpStatsRows,
  ...httpCompressionRows,
  ...httpCookieRows,
  ...httpServerRows,
  ...otherRows,
];
