/** How requests reach servers: reuse of connections, retries, what servers are told (manual, 4.2). */
import { mayAdd } from "../../lines/field-name.ts";
import { Complaint } from "../../text/complaint.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { anyWords, integer, text, wordList, words } from "../../row/value.ts";
import { httpRow } from "./http-row.ts";

const { works } = rowsOf<ProxySection>("proxy");

const reuses = ["never", "safe", "aggressive", "always"] as const;

function readReuse({ settings }: ProxySection, line: Line): void {
  const [word, extra] = line.words;
  const reuse = reuses.find((one) => one === word?.text);
  if (reuse === undefined) {
    throw new Complaint("'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.", word ?? line.keyword);
  }
  if (extra !== undefined) {
    throw new Complaint(`'http-reuse ${reuse}' cannot handle unexpected argument '${extra.text}'.`, extra);
  }
  settings.http.reuse = reuse;
}

/** The statuses that may be asked for. */
const retryStatuses = new Set(wordList("401 403 404 408 425 500 501 502 503 504"));

const retryWords = new Set(
  wordList(`
    none conn-failure empty-response junk-response response-timeout 0rtt-rejected
    all-retryable-errors
  `),
);

/** Those that cover a connection that could not be opened. */
const connectWords = new Set(["conn-failure", "all-retryable-errors"]);

function readRetries(target: ProxySection, line: Line): void {
  if (target.kind === "frontend") {
    throw new Complaint("'retry-on' only available in backend or listen section", line.keyword);
  }
  if (line.words.length === 0) {
    throw new Complaint("'retry-on' needs at least one keyword to specify when to retry", line.keyword);
  }
  for (const word of line.words) {
    if (word.text === "none" && line.words.length > 1) {
      throw new Complaint("'retry-on' 'none' keyworld only usable alone", line.words[1]);
    }
    if (!retryWords.has(word.text) && !retryStatuses.has(word.text)) {
      throw new Complaint(`'retry-on': unknown keyword '${word.text}'`, word);
    }
  }
  const said = new Set(line.words.map((word) => word.text));
  const all = said.has("all-retryable-errors");
  const statuses = line.words.flatMap((word) => (retryStatuses.has(word.text) ? [Number(word.text)] : []));
  target.settings.retriesConnects = line.words.some(({ text: word }) => connectWords.has(word));
  target.settings.http.retryOn = {
    emptyResponse: all || said.has("empty-response"),
    junkResponse: all || said.has("junk-response"),
    responseTimeout: all || said.has("response-timeout"),
    statuses: [...new Set([...(all ? [500, 502, 503, 504] : []), ...statuses])],
  };
}

export const httpServerRows: readonly Row<ProxySection>[] = [
  httpRow("http-reuse", {
    where: "DLB",
    usage: "never|safe|aggressive|always",
    tier: "C",
    help: "Whether idle connections to servers serve other clients.",
    needs: "backend",
    words: anyWords(),
    land: (target, _values, line) => readReuse(target, line),
  }),
  httpRow("http-send-name-header", {
    where: "DLB",
    usage: "<header>",
    tier: "C",
    help: "Tells HTTP servers their name.",
    needs: "backend",
    words: words("http-send-name-header", [text("'http-send-name-header' requires a header string.")], "ignore"),
    land: ({ settings }, [name], line) => void (settings.http.serverNameHeader = mayAdd(name, line) ? name : null),
  }),
  httpRow("unique-id-header", {
    where: "DFL",
    usage: "<name>",
    tier: "C",
    help: "Sends the unique id in an HTTP header.",
    words: words("unique-id-header", [text("unique-id-header expects an argument.")], "ignore"),
    land: ({ settings }, [name], line) => void (settings.http.uniqueIdHeader = mayAdd(name, line) ? name : null),
  }),
  httpRow("max-keep-alive-queue", {
    where: "DLB",
    usage: "<number>",
    tier: "C",
    help: "When an HTTP client leaves its server: so many wait for it.",
    needs: "backend",
    words: words(
      "max-keep-alive-queue",
      [
        integer({
          name: "max-keep-alive-queue",
          missing: "'max-keep-alive-queue' expects expects an integer value (or -1 to disable)",
          unreadable: (word) =>
            `'max-keep-alive-queue' : unexpected character '${/[^\d-]/.exec(word)?.[0] ?? ""}' in integer value '${word}'`,
        }),
      ],
      "ignore",
    ),
    land: ({ settings }, [value]) => void (settings.http.maxKeepAliveQueue = Math.max(-1, value)),
  }),
  httpRow("max-session-srv-conns", {
    where: "DFL",
    usage: "<number>",
    tier: "C",
    help: "Idle connections to servers that a client keeps.",
    needs: "frontend",
    words: words(
      "max-session-srv-conns",
      [
        integer({
          name: "max-session-srv-conns",
          missing: "'max-session-srv-conns' expects a number. Got no argument",
        }),
      ],
      "ignore",
    ),
    land: ({ settings }, [value]) => void (settings.http.maxSessionServerConnections = Math.max(0, value)),
  }),
  works("retry-on", {
    where: "DLB",
    usage: "none|conn-failure|empty-response|junk-response|response-timeout|all-retryable-errors|<status> …",
    tier: "C",
    help: "After what a request is tried again (`retries`); in TCP, whether a connection that fails is.",
    words: anyWords(),
    land: (target, _values, line) => readRetries(target, line),
  }),
];
