/** The tables of each kind of section, with what is peculiar to reading it. */
import { Complaint, shortPlace, serverMessage } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import { globalTable, proxyTable } from "../keywords/language.ts";
import { httpErrorsRows, userlistRows } from "../keywords/http-sections.ts";
import { mailersRows, peersRows } from "../keywords/idle-sections.ts";
import { unknownStep } from "../keywords/proxy/checks.ts";
import { unknownSshCheck } from "../keywords/proxy/ssh/ssh-checks.ts";
import { resolversRows } from "../keywords/resolvers.ts";
import { ringRows } from "../keywords/ring.ts";
import { unknownTimeout } from "../keywords/proxy/timeouts.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import { type Line, type Row, warn } from "../row/row.ts";
import { parseTcpRule } from "../lines/rules/rule.ts";
import { sectionTable } from "./section-reader.ts";
import type { Statement } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";

const proxies = "'defaults', 'frontend', 'listen' and 'backend' sections";

/** What HAProxy does not know is told where it belongs. */
function misplacedSsh({ words }: Statement, name: string, kind: string, where: string): Complaint {
  return new Complaint(`'${name}' is not possible in '${kind}' sections: it is for ${where}.`, words[0]);
}

/** `global`, whose `stats …` have a message of their own. */
export const globalSection = sectionTable<Draft>(globalTable, {
  family(statement) {
    const [first, second] = statement.words;
    const isOption = first?.text === "option" && second?.text.startsWith("ssh") === true;
    if (isOption) throw misplacedSsh(statement, `option ${second?.text}`, "global", proxies);
    if (first?.text === "ssh-error") throw misplacedSsh(statement, "ssh-error", "global", proxies);
    if (first?.text === "ssh-hostkeys" || first?.text === "ssh-hostkey")
      throw misplacedSsh(statement, first.text, "global", "'listen' and 'backend' sections");
    if (first?.text !== "stats") return null;
    const got = statement.words[1]?.text ?? "";
    return `'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '${got}')`;
  },
});

/** `resolvers`. */
export const resolversSection = sectionTable(resolversRows, {});
/** `ring`. */
export const ringSection = sectionTable(ringRows, {});
/** `peers`. */
export const peersSection = sectionTable(peersRows, {});
/** `mailers`. */
export const mailersSection = sectionTable(mailersRows, {});
/** `http-errors`. */
export const httpErrorsSection = sectionTable(httpErrorsRows, {});
/** `userlist`, which messages call `users`. */
export const userlistSection = sectionTable(userlistRows, { called: () => "users", where: shortPlace });

/** `defaults`, `frontend`, `listen` and `backend`. */
export const proxySection = sectionTable<ProxySection>(proxyTable, { family: proxyFamily, admit });

/** What `timeout foo`, `option foo` and their like are told. */
function proxyFamily(statement: Statement, target: ProxySection): string | null {
  const got = statement.words[1]?.text ?? "";
  switch (statement.words[0]?.text) {
    case "timeout":
      return unknownTimeout(got);
    case "option":
      return unknownOption(got);
    case "ssh-report-file":
    case "ssh-hostkeys-file":
    case "tune.ssh.lingering":
    case "tune.ssh.tarpit":
      throw misplacedSsh(statement, statement.words[0].text, target.kind, "the 'global' section");
    case "rate-limit":
      return `'rate-limit' only supports 'sessions' (got '${got}')`;
    case "tcp-check":
    case "http-check":
      return unknownStep(statement.words[0].text, got);
    case "ssh-check":
      return unknownSshCheck(got);
    case "external-check":
      return got === ""
        ? "missing argument after 'external-check'."
        : `'external-check' only supports 'command' and 'path'. but got '${got}'.`;
    case "declare":
      if (got === "") return "'declare' needs a second keyword that specify the type of declaration ('capture')";
      return `unknown declaration type '${got}' (supports 'capture')`;
    case "tcp-request":
    case "tcp-response":
      parseTcpRule(statement, target.scope);
      return null;
    default:
      return null;
  }
}

const optionNames = proxyTable
  .filter((row) => row.name.startsWith("option "))
  .map((row) => row.name.slice("option ".length));

function unknownOption(got: string): string {
  if (got === "") throw new Complaint("'option' expects an option name.", null, null, shortPlace);
  const near = nearest(got, optionNames);
  return near === null ? `unknown option '${got}'.` : `unknown option '${got}'; did you mean '${near}' maybe ?`;
}

const serverKeywords = new Set(["server", "default-server", "server-template"]);
const ownPlaces = new Set(["tcp-request", "tcp-response", "stats", "capture", "filter", "declare"]);

/** Whether a keyword may stand in this section. What HAProxy only warns about is warned about. */
function admit(row: Row<ProxySection>, target: ProxySection, line: Line): boolean {
  const name = row.name.split(" ")[0] ?? "";
  const { kind } = target;
  if (serverKeywords.has(name) && (kind === "defaults" || kind === "frontend")) {
    if (kind === "defaults" && name === "default-server") return true;
    const label = kind === "defaults" ? "" : `parsing [${line.statement.file}:${line.statement.line}] : `;
    const why =
      kind === "defaults"
        ? "not allowed in 'defaults' section."
        : `not allowed because frontend '${target.scope.name}' has no backend capability.`;
    serverMessage(line.draft.diagnostics, "alert", line.statement, `${label}'${name}' ${why}`, line.keyword);
    return false;
  }
  if (kind === "defaults") {
    if (row.where.includes("D") || ownPlaces.has(name)) return true;
    const not = name === "stick-table" ? "is not supported in" : "not allowed in";
    throw new Complaint(`'${name}' ${not} 'defaults' section.`, line.keyword);
  }
  const lacks = (kind === "frontend" && row.needs === "backend") || (kind === "backend" && row.needs === "frontend");
  if (!lacks) return true;
  const label = `${kind} '${target.scope.name}'`;
  warn(line, row.misplaced?.(label) ?? `'${name}' ignored because ${label} has no ${row.needs} capability.`);
  return row.readMisplaced;
}
