/** Keywords of proxies that are decided per session: rules, sticking, logs and formats. */
import { warnOfOverride } from "./option-lines.ts";
import { proxyLabel } from "../../text/section-headers.ts";
import { Complaint } from "../../text/complaint.ts";
import type { FormatDraft, Settings } from "../../draft/draft.ts";
import { parseLog } from "../../lines/log.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { parseTcpRule } from "../../lines/rules/rule.ts";
import { noteRuleOrder } from "../../lines/rules/rule-order.ts";
import { parseStickTable } from "../../lines/stick-table.ts";
import { parsePersistRule, parseStickRule, parseUseBackend, parseUseServer } from "../../lines/stick.ts";
import { anyWords, text, words } from "../../row/value.ts";

const { works } = rowsOf<ProxySection>("proxy");

/** Files a `tcp-request` or `tcp-response` line into its list; those of `defaults` are kept for its proxies. */
function addRule(target: ProxySection, line: Line): void {
  const rules = target.proxy ?? target.rules;
  const captures = target.kind === "backend" ? null : rules.http.requestCaptures;
  const rule = parseTcpRule(line.statement, target.scope, captures);
  switch (rule.kind) {
    case "inspect-delay":
      if (isDelayKnown(target, line, rules.inspectDelayMs)) return;
      rules.inspectDelayMs = rule.delayMs;
      return;
    case "response-inspect-delay":
      if (isDelayKnown(target, line, rules.responseInspectDelayMs)) return;
      rules.responseInspectDelayMs = rule.delayMs;
      return;
    case "connection":
      rules.connectionRules.push(rule.rule);
      break;
    case "session":
      rules.sessionRules.push(rule.rule);
      break;
    case "content":
      rules.contentRules.push(rule.rule);
      break;
    case "response":
      rules.responseRules.push(rule.rule);
  }
  if (target.proxy !== null) noteRuleOrder(target.proxy, line, rule.kind);
}

function isDelayKnown(target: ProxySection, line: Line, delayMs: number): boolean {
  if (delayMs === 0) return false;
  const label = proxyLabel(target.scope);
  warn(line, `ignoring ${line.statement.words[0]?.text} inspect-delay (was already defined) in ${label}`);
  return true;
}

const ruleRows: readonly Row<ProxySection>[] = [
  ...(
    [
      ["connection", "A", "DFL", "A rule before any byte is read."],
      ["session", "B", "DFL", "A rule once the PROXY header is known."],
      ["content", "B", "DFLB", "A rule that may look at the client's first bytes."],
    ] as const
  ).map(([name, tier, where, help]) =>
    works(`tcp-request ${name}`, {
      where,
      usage: "<action> [if|unless <condition>]",
      tier,
      help,
      words: anyWords(),
      land: (target, _values, line) => addRule(target, line),
    }),
  ),
  works("tcp-request inspect-delay", {
    where: "DFLB",
    usage: "<time>",
    hasTimes: true,
    tier: "B",
    help: "Longest wait for the bytes that content rules ask for.",
    words: anyWords(),
    land: (target, _values, line) => addRule(target, line),
  }),
  works("tcp-response content", {
    where: "DLB",
    usage: "<action> [if|unless <condition>]",
    tier: "B",
    help: "A rule that may look at the server's first bytes.",
    words: anyWords(),
    land: (target, _values, line) => addRule(target, line),
  }),
  works("tcp-response inspect-delay", {
    where: "DLB",
    usage: "<time>",
    hasTimes: true,
    tier: "B",
    help: "Longest wait for the bytes that response rules ask for.",
    words: anyWords(),
    land: (target, _values, line) => addRule(target, line),
  }),
  works("use_backend", {
    where: "FL",
    usage: "<backend> [if|unless <condition>]",
    tier: "A",
    help: "Sends sessions to a backend.",
    needs: "frontend",
    words: anyWords(),
    land(target, _values, line) {
      const value = parseUseBackend(line.statement, target.scope);
      target.proxy?.useBackends.push({ value, statement: line.statement });
      if (target.proxy !== null) noteRuleOrder(target.proxy, line, "use_backend");
    },
  }),
  works("use-server", {
    where: "LB",
    usage: "<server> if|unless <condition>",
    tier: "C",
    help: "Sends sessions to a server.",
    needs: "backend",
    words: anyWords(),
    land(target, _values, line) {
      const value = parseUseServer(line.statement, target.scope);
      if (target.proxy === null) return;
      target.proxy.useServers.push({ value, statement: line.statement });
      noteRuleOrder(target.proxy, line, "use-server");
    },
  }),
  ...(["force-persist", "ignore-persist"] as const).map((name) =>
    works(name, {
      where: "LB",
      usage: "if|unless <condition>",
      tier: "B",
      help: name === "force-persist" ? "Persistence even to a server that is down." : "No persistence.",
      needs: "backend",
      words: anyWords(),
      land(target, _values, line) {
        target.proxy?.persistRules.push(parsePersistRule(line.statement, target.scope));
      },
    }),
  ),
];

const stickRows: readonly Row<ProxySection>[] = [
  works("stick-table", {
    where: "FLB",
    usage: "type <type> [len <length>] size <size> [expire <time>] [nopurge] [peers <name>] [store <what>,…]",
    hasTimes: true,
    tier: "B",
    help: "A table of clients and what is counted of them.",
    words: anyWords(),
    land(target, _values, line) {
      const { proxy } = target;
      if (proxy === null) return;
      const { table, peers } = parseStickTable(line, proxy.name);
      const known = line.draft.tables.get(proxy.name);
      if (known !== undefined) {
        throw new Complaint(
          `stick-table name '${proxy.name}' conflicts with table declared in ${known.owner} at ${known.position.file}:${known.position.line}.`,
          line.keyword,
        );
      }
      const owner = proxyLabel(proxy);
      const { file, line: at } = line.statement;
      line.draft.tables.set(proxy.name, { position: { file, line: at }, owner });
      proxy.stickTable = table;
      if (peers !== null) proxy.peersWanted.push({ name: peers.text, statement: line.statement, word: peers });
    },
  }),
  works("stick", {
    where: "LB",
    usage: "on|match|store-request|store-response <expression> [table <table>] [if|unless <condition>]",
    tier: "B",
    help: "Sends a client to the server that it had before.",
    needs: "backend",
    readMisplaced: false,
    words: anyWords(),
    land(target, _values, line) {
      const value = parseStickRule(line.statement, target.scope);
      target.proxy?.stickRules.push({ value, statement: line.statement });
    },
  }),
];

type FormatField = "logFormat" | "errorLogFormat" | "logFormatSd" | "uniqueIdFormat";

function formatRow(name: string, field: FormatField, tier: "B" | "C", help: string): Row<ProxySection> {
  return works(name, {
    where: "DFLB",
    usage: "<format>",
    tier,
    help,
    words: anyWords(),
    land(target, [format = "", extra], line) {
      if (format === "") throw new Complaint(`${name} expects an argument.`, line.keyword);
      if (extra !== undefined) {
        throw new Complaint(`${name} expects only one argument, don't forget to escape spaces!`, line.words[1]);
      }
      if (field === "logFormat" || field === "errorLogFormat")
        warnOfOverride(target, line, name, target.settings[field]);
      setFormat(target.settings, field, { statement: line.statement, index: line.start, kind: "custom" });
      if (target.kind === "backend" && field !== "uniqueIdFormat") {
        warn(line, `backend '${target.scope.name}' : '${name}' directive is ignored in backends.`);
      }
    },
  });
}

function setFormat(settings: Settings, field: FormatField, format: FormatDraft): void {
  settings[field] = format;
}

const logRows: readonly Row<ProxySection>[] = [
  works("log", {
    where: "DFLB",
    usage:
      "global | <address> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [<level> [<minlevel>]]",
    tier: "A",
    help: "Where this section's sessions are logged; may be repeated; `no log` forgets what was said.",
    negatable: true,
    words: anyWords(),
    land(target, values, line) {
      if (line.negated) {
        if (values.length > 0) throw new Complaint("log : 'no log' does not expect arguments", line.words[0]);
        target.settings.logs = [];
        return;
      }
      const log = parseLog(line.words, line.keyword, "proxy", line.draft.context.environment);
      // Those of `global` are heard once, however often they are asked for.
      if (log !== "global" || !target.settings.logs.includes(log)) target.settings.logs.push(log);
    },
  }),
  works("log-tag", {
    where: "DFLB",
    usage: "<text>",
    tier: "B",
    help: "The program's name in this section's syslog lines.",
    words: words("log-tag", [text("'log-tag' expects a tag for use in syslog.")]),
    land: ({ settings }, [tag]) => void (settings.logTag = tag),
  }),
  formatRow("log-format", "logFormat", "B", "The form of log lines."),
  formatRow("log-format-sd", "logFormatSd", "B", "Structured data of RFC 5424 lines."),
  formatRow("error-log-format", "errorLogFormat", "B", "The form of log lines about failed connections."),
  formatRow("unique-id-format", "uniqueIdFormat", "B", "A name for each session."),
];

/** The rows of this file. */
export const sessionRows: readonly Row<ProxySection>[] = [...ruleRows, ...stickRows, ...logRows];
