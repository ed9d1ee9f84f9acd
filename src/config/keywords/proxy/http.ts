/** Keywords of HTTP that a TCP section may hold: checked, warned about as HAProxy does, and without effect. */
import { proxyLabel } from "../../text/section-headers.ts";
import { Complaint } from "../../text/complaint.ts";
import { logLevel } from "../../lines/log.ts";
import type { HttpRules } from "../../draft/draft.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { unexpectedHttpAction } from "../../lines/http-actions.ts";
import { anyWords, integer, text, wordList, words } from "../../row/value.ts";
import { httpPageRows } from "./http-pages.ts";

const { works, idle, refused } = rowsOf<ProxySection>("proxy");

const http = "it is for mode http";
const first = (line: Line): string => line.words[0]?.text ?? "";

const ruleRows: readonly Row<ProxySection>[] = (
  ["http-request", "http-response", "http-after-response"] as const satisfies readonly HttpRules[]
).map((name) =>
  idle(name, {
    where: "DFLB",
    tight: true,
    usage: "<action> …",
    tier: "C",
    help: "A rule about HTTP messages.",
    reason: http,
    check({ kind, scope, settings }, line) {
      if (kind === "defaults" && scope.name === "") {
        throw new Complaint(`'${name}' not allowed in anonymous 'defaults' section.`, line.keyword);
      }
      const complaint = unexpectedHttpAction(name, first(line));
      if (complaint !== null) throw new Complaint(complaint, line.words[0] ?? line.keyword);
      settings.httpOnly.add(name);
    },
  }),
);

const redirectWords = new Set(
  wordList(`
    code prefix location scheme set-cookie clear-cookie drop-query ignore-empty append-slash if
    unless
  `),
);

function checkCapture(target: ProxySection, line: Line): void {
  const [kind, second] = line.words.map((word) => word.text);
  const isCookie = kind === "cookie";
  const isHeader = (kind === "request" || kind === "response") && second === "header";
  if (!isCookie && !isHeader) {
    throw new Complaint(
      "'capture' expects 'cookie' or 'request header' or 'response header'.",
      line.words[0] ?? line.keyword,
    );
  }
  if (target.kind === "defaults") {
    const what = isCookie ? "capture cookie" : `capture ${kind} header`;
    throw new Complaint(`'${what}' not allowed in 'defaults' section.`, line.keyword);
  }
  if (isCookie) target.settings.httpOnly.add("capture");
}

const cookieWords = new Set(
  wordList(`
    rewrite insert prefix indirect nocache postonly preserve httponly secure dynamic domain maxidle
    maxlife attr
  `),
);

function checkCookie(target: ProxySection, line: Line): void {
  if (first(line) === "") throw new Complaint("'cookie' expects <cookie_name> as argument.", line.keyword);
  for (let index = 1; index < line.words.length; index++) {
    const word = line.words[index];
    if (word === undefined) break;
    if (!cookieWords.has(word.text)) {
      throw new Complaint(
        "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.",
        word,
      );
    }
    if (["domain", "maxidle", "maxlife", "attr"].includes(word.text)) index += 1;
  }
  target.settings.httpOnly.add("cookie");
}

const messageRows: readonly Row<ProxySection>[] = [
  idle("redirect", {
    where: "FLB",
    usage: "location|prefix|scheme <value> …",
    tier: "C",
    help: "Answers HTTP requests with a redirection.",
    reason: http,
    check(target, line) {
      const where = `error detected in ${proxyLabel(target.scope)} while parsing redirect rule : `;
      const word = line.words[0];
      if (word === undefined) {
        throw new Complaint(`${where}redirection type expected ('prefix', 'location', or 'scheme').`, line.keyword);
      }
      if (!redirectWords.has(word.text)) {
        throw new Complaint(
          `${where}expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' or 'append-slash' (was '${word.text}').`,
          word,
        );
      }
      target.settings.httpOnly.add("redirect");
    },
  }),
  idle("cookie", {
    where: "DLB",
    usage: "<name> …",
    tier: "C",
    help: "Persistence by an HTTP cookie.",
    reason: http,
    needs: "backend",
    check: checkCookie,
  }),
  idle("capture", {
    where: "DFL",
    usage: "cookie|request header|response header <name> len <length>",
    tier: "C",
    help: "Logs parts of HTTP messages.",
    reason: http,
    needs: "frontend",
    check: checkCapture,
  }),
  idle("declare capture", {
    where: "FL",
    usage: "request|response len <length>",
    tier: "C",
    help: "Room for captured texts.",
    reason: http,
  }),
  idle("compression", {
    where: "DFLB",
    usage: "algo|type|offload …",
    tier: "C",
    help: "Compresses HTTP answers.",
    reason: http,
    check(_target, line) {
      if (!["algo", "type", "offload"].includes(first(line))) {
        throw new Complaint("'compression' expects 'algo', 'type' or 'offload'", line.words[0] ?? line.keyword);
      }
    },
  }),
  idle("http-reuse", {
    where: "DLB",
    usage: "never|safe|aggressive|always",
    tier: "C",
    help: "Shares idle HTTP connections.",
    reason: http,
    needs: "backend",
    check(_target, line) {
      if (!["never", "safe", "aggressive", "always"].includes(first(line))) {
        throw new Complaint(
          "'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.",
          line.words[0] ?? line.keyword,
        );
      }
    },
  }),
  idle("http-send-name-header", {
    where: "DLB",
    usage: "<header>",
    tier: "C",
    help: "Tells HTTP servers their name.",
    reason: http,
    needs: "backend",
    words: words("http-send-name-header", [text("'http-send-name-header' requires a header string.")], "ignore"),
  }),
  idle("unique-id-header", {
    where: "DFL",
    usage: "<name>",
    tier: "C",
    help: "Sends the unique id in an HTTP header.",
    reason: http,
    needs: "frontend",
    words: words("unique-id-header", [text("unique-id-header expects an argument.")], "ignore"),
  }),
  idle("max-keep-alive-queue", {
    where: "DLB",
    usage: "<number>",
    help: "When an HTTP client leaves its server.",
    reason: http,
    needs: "backend",
    words: words("max-keep-alive-queue", [
      integer({
        name: "max-keep-alive-queue",
        missing: "'max-keep-alive-queue' expects expects an integer value (or -1 to disable)",
        unreadable: (word) =>
          `'max-keep-alive-queue' : unexpected character '${/[^\d-]/.exec(word)?.[0] ?? ""}' in integer value '${word}'`,
      }),
    ]),
  }),
  idle("max-session-srv-conns", {
    where: "DFL",
    usage: "<number>",
    help: "Idle HTTP connections of a session.",
    reason: http,
    needs: "frontend",
  }),
  works("retry-on", {
    where: "DLB",
    usage: "none|conn-failure|all-retryable-errors|<HTTP event> …",
    tier: "C",
    help: "Whether a connection that fails is tried again (`retries`); its other events are of HTTP.",
    words: anyWords(),
    land(target, _values, line) {
      if (target.kind === "frontend") {
        throw new Complaint("'retry-on' only available in backend or listen section", line.keyword);
      }
      if (line.words.length === 0) {
        throw new Complaint("'retry-on' needs at least one keyword to specify when to retry", line.keyword);
      }
      const unknown = line.words.find((word) => !retryWords.has(word.text) && !/^\d{3}$/.test(word.text));
      if (unknown !== undefined) throw new Complaint(`'retry-on': unknown keyword '${unknown.text}'`, unknown);
      if (line.words.length > 1 && line.words[0]?.text === "none") {
        throw new Complaint("'retry-on' 'none' keyworld only usable alone", line.words[1]);
      }
      target.settings.retriesConnects = line.words.some(({ text }) => connectWords.has(text));
    },
  }),
];

/** Those that cover a connection that could not be opened. */
const connectWords = new Set(["conn-failure", "all-retryable-errors"]);

const retryWords = new Set(
  wordList(`
    none conn-failure empty-response junk-response response-timeout 0rtt-rejected
    all-retryable-errors
  `),
);

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
  idle("filter compression", {
    where: "FLB",
    tier: "C",
    help: "Where in the chain of filters HTTP answers are compressed.",
    reason: http,
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
    reason: http,
    advice: "remove it",
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

/** The rows of this file and those of `http-pages.ts`. */
export const httpRows: readonly Row<ProxySection>[] = [...ruleRows, ...httpPageRows, ...messageRows, ...otherRows];
