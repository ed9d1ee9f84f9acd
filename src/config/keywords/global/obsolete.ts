/** Keywords that HAProxy has removed, with its own words about what to use instead. */
import { Complaint, shortPlace } from "../../text/complaint.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";

const { refused, idle } = rowsOf<ProxySection>("proxy");

const removed = (name: string, says: (line: Line) => string, tight = false): Row<ProxySection> =>
  refused(name, { where: "DFLB", tight, help: "Removed from HAProxy.", reason: "HAProxy has removed it", says });

const replaced = (name: string, instead: string): Row<ProxySection> =>
  removed(name, () => `The '${name}' directive is not supported anymore since HAProxy 2.1. ${instead}`.trimEnd());

const timeouts = [
  ["contimeout", "connect"],
  ["clitimeout", "client"],
  ["srvtimeout", "server"],
] as const;

const header = "Use 'http-request replace-header' instead.";
const deny = "Use 'http-request deny' instead.";
const uri = "Use 'http-request replace-path', 'http-request replace-uri' or 'http-request replace-header' instead.";

const rewriting: readonly (readonly [string, string])[] = [
  ["reqadd", "Use 'http-request add-header' instead."],
  ["rspadd", "Use 'http-response add-header' instead."],
  ["cliexp", uri],
  ["reqrep", uri],
  ["reqdel", "Use 'http-request del-header' instead."],
  ["reqidel", "Use 'http-request del-header' instead."],
  ["reqdeny", deny],
  ["reqideny", deny],
  ["reqpass", ""],
  ["reqipass", ""],
  ["reqallow", "Use 'http-request allow' instead."],
  ["reqiallow", "Use 'http-request allow' instead."],
  ["reqtarpit", "Use 'http-request tarpit' instead."],
  ["reqitarpit", "Use 'http-request tarpit' instead."],
  ["reqirep", header],
  ["srvexp", "Use 'http-response replace-header' instead."],
  ["rsprep", "Use 'http-response replace-header' instead."],
  ["rspirep", "Use 'http-response replace-header' instead."],
  ["rspdel", "Use 'http-response del-header' instead."],
  ["rspidel", "Use 'http-response del-header' instead."],
  ["rspdeny", "Use 'http-response deny' instead."],
  ["rspideny", "Use 'http-response deny' instead."],
  ["block", "Use 'http-request deny' which uses the exact same syntax."],
];

/** The rows of this file. */
export const obsoleteRows: readonly Row<ProxySection>[] = [
  ...timeouts.map(([name, timeout]) =>
    removed(
      name,
      () => `the '${name}' directive is not supported anymore since HAProxy 2.1. Use 'timeout ${timeout}'.`,
    ),
  ),
  ...["redispatch", "redisp"].map((name) =>
    removed(
      name,
      () => `keyword '${name}' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'.`,
    ),
  ),
  ...rewriting.map(([name, instead]) => replaced(name, instead)),
  removed("appsession", () => "'appsession' is not supported anymore since HAProxy 1.6."),
  removed("grace", () => "the 'grace' keyword is not supported any more since HAProxy version 2.5.", true),
  removed(
    "monitor-net",
    (line) =>
      `'monitor-net' doesn't exist anymore. Please use 'http-request return status 200 if { src ${line.words[0]?.text ?? ""} }' instead.`,
  ),
  idle("bind-process", {
    where: "DFLB",
    usage: "<set>",
    tier: "C",
    help: "Which processes serve a section.",
    reason: "there is one process",
    check: (_target, line) => {
      checkProcesses(line);
      const text = "'bind-process' has no effect, is deprecated, and will be removed in version 2.7.";
      warn(line, text, line.keyword, shortPlace);
    },
  }),
];

/** HAProxy 2.6 has one process, and refuses sets that name others. What follows `all` is not looked at. */
function checkProcesses(line: Line): void {
  for (const word of line.words) {
    const { text } = word;
    if (text === "all") return;
    if (text === "odd" || text === "even") continue;
    const [, first, last] = /^(-?\d{1,20})(?:-(\d{0,20}))?$/.exec(text) ?? [];
    const says = `bind-process : '${text}' is not a valid number/range.`;
    if (first === undefined) throw new Complaint(says, word);
    const isFirst = Number(first) === 1 && (last === undefined || last === "" || Number(last) === 1);
    if (!isFirst) throw new Complaint(`${says} It supports numbers from 1 to 1.`, word);
  }
}
