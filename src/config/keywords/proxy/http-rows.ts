/** Keywords around HTTP and what is done to its bytes; the others have files of their own beside this one. */
import { type AddressRule, parseAddress, serverAddress } from "../../addresses/address.ts";
import { positionOf } from "../../draft/draft.ts";
import { Complaint, prefixed } from "../../text/complaint.ts";
import { logLevel } from "../../lines/log.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { anyWords, words } from "../../row/value.ts";
import { httpCompressionRows } from "./http-compression.ts";
import { httpCookieRows } from "./http-cookie.ts";
import { httpPageRows } from "./http-pages.ts";
import { httpRuleRows } from "./http-rules.ts";
import { httpServerRows } from "./http-servers.ts";
import { httpStatsRows } from "./http-stats.ts";

const { works, idle, refused } = rowsOf<ProxySection>("proxy");

const place: AddressRule = { port: "required", range: false, offset: false, descriptor: false, datagram: false };

function dispatch({ proxy }: ProxySection, _values: unknown, line: Line): void {
  const { draft, statement, keyword } = line;
  if (proxy === null) throw new Complaint("'dispatch' not allowed in 'defaults' section.", keyword);
  const [word = { ...keyword, text: "" }, extra] = line.words;
  const parsed = prefixed("'dispatch' : ", () => parseAddress(word, place, draft.context.environment));
  if (extra !== undefined) throw new Complaint(`'dispatch' cannot handle unexpected argument '${extra.text}'.`, extra);
  const address = serverAddress(parsed);
  // Nobody's address is this machine's: it is not the client who says where to go.
  const own =
    address.kind === "tcp"
      ? new Map([
          ["", "127.0.0.1"],
          ["0.0.0.0", "127.0.0.1"],
          ["::", "::1"],
        ]).get(address.host)
      : undefined;
  const to = own === undefined || address.kind !== "tcp" ? address : { ...address, host: own };
  proxy.dispatch = { address: to, text: word.text, position: positionOf(statement) };
}

function persist({ settings }: ProxySection, _values: unknown, { words: [word], keyword }: Line): void {
  if (word === undefined) throw new Complaint("missing persist method.", keyword);
  const method = /^rdp-cookie(.*)$/s.exec(word.text)?.[1];
  if (method === undefined) throw new Complaint("unknown persist method.", word);
  const name = method === "" ? "msts" : /^\(([^)]+)\)/.exec(method)?.[1];
  if (name === undefined) throw new Complaint("persist rdp-cookie(name)' requires an rdp cookie name.", word);
  settings.rdpCookie = name;
}

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
  works("dispatch", {
    where: "DFLB",
    usage: "<address>:<port>",
    tier: "C",
    help: "Where clients go, without a server's name; `balance` outweighs it.",
    needs: "backend",
    words: anyWords(),
    land: dispatch,
  }),
  refused("use-fcgi-app", {
    where: "LB",
    usage: "<name>",
    help: "FastCGI.",
    reason: "FastCGI is not spoken",
    advice: "put a web server that speaks it in front of the application",
  }),
  works("transparent", {
    where: "DLB",
    tier: "C",
    help: "Goes where the client wanted to, without a server.",
    words: words("transparent", []),
    land: ({ settings }, _values, line) => void (settings.transparent = !line.negated),
  }),
  works("persist", {
    where: "DLB",
    usage: "rdp-cookie[(<name>)]",
    tier: "C",
    help: "Goes where the client's RDP cookie says, if a server is there.",
    words: anyWords(),
    land: persist,
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
