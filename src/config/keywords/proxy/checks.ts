/** `option …chk`, `tcp-check` and `http-check` of proxies (manual, 4.2). */
import { parseCheckStep } from "../../checks/check-lines.ts";
import { splitVersion } from "../../checks/check-send.ts";
import { Complaint, prefixed, shortPlace } from "../../text/complaint.ts";
import type { CheckChoice } from "../../draft/draft.ts";
import { addCheckRule, chooseHttp, chooseTcp, countOwn } from "../../checks/check-rules.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { anyWords, text, words } from "../../row/value.ts";

const { works, refused } = rowsOf<ProxySection>("proxy");

const where = "DLB";

const notInFrontend = (name: string) => (label: string) =>
  `'${name}' ignored because ${label} has no backend capability.`;

/** An `option …` that chooses the kind of check. */
export function kindRow(
  name: string,
  entry: { usage?: string; tier: "A" | "B" | "C" | null; help: string; free?: boolean; isExtension?: boolean },
  choose: (line: Line, target: ProxySection) => CheckChoice,
): Row<ProxySection> {
  return works(`option ${name}`, {
    where,
    usage: entry.usage ?? "",
    tier: entry.tier,
    help: entry.help,
    isExtension: entry.isExtension ?? false,
    // HAProxy takes a program for a frontend's own affair.
    ...(name === "external-check" ? {} : { needs: "backend" as const, misplaced: notInFrontend(name) }),
    words: entry.free === true ? anyWords() : words(`option ${name}`, []),
    land(target, _values, line) {
      const { settings } = target;
      settings.check = choose(line, target);
      if (settings.check.kind === "plain") settings.checkLists.unused.clear();
    },
  });
}

/** Refuses words beyond the first `count`. */
function atMost(line: Line, name: string, count: number): void {
  const extra = line.words[count];
  if (extra !== undefined) {
    throw new Complaint(`'option ${name}' cannot handle unexpected argument '${extra.text}'.`, extra);
  }
}

function httpCheck(line: Line, { settings }: ProxySection): CheckChoice {
  atMost(line, "httpchk", 3);
  const [first, second, third] = line.words.map((word) => word.text);
  const { version, headers, body } = third === undefined ? noVersion : splitVersion(third);
  if (headers.length > 0 || body !== null || /[\r\n]/.test(third ?? "")) {
    warn(
      line,
      "'option httpchk' : hiding headers or body at the end of the version string is deprecated. Please, consider to use 'http-check send' directive instead.",
      line.words[2],
      shortPlace,
    );
  }
  const method = second === undefined ? null : (first ?? null);
  return chooseHttp(settings, { method, uri: second ?? first ?? null, version, headers, body });
}

const noVersion = { version: null, headers: [], body: null } as const;

function smtpCheck(line: Line): CheckChoice {
  atMost(line, "smtpchk", 2);
  const [hello, domain] = line.words.map((word) => word.text);
  const isGreeting = (hello === "EHLO" || hello === "HELO") && domain !== undefined;
  const plan = isGreeting
    ? { kind: "smtp" as const, hello: hello ?? "HELO", domain: domain ?? "localhost" }
    : { kind: "smtp" as const, hello: "HELO", domain: "localhost" };
  return { kind: "plain", plan };
}

function mysqlCheck(line: Line): CheckChoice {
  const [keyword, user, version] = line.words;
  if (keyword === undefined) return { kind: "plain", plan: { kind: "mysql", user: null, post41: false } };
  if (keyword.text !== "user") {
    throw new Complaint(`'option mysql-check' only supports optional values: 'user' (got '${keyword.text}').`, keyword);
  }
  if (user === undefined) throw new Complaint("'option mysql-check user' expects <username> as argument.", keyword);
  atMost(line, "mysql-check", 3);
  if (version !== undefined && version.text !== "post-41" && version.text !== "pre-41") {
    throw new Complaint(`keyword 'user' only supports 'post-41' and 'pre-41' (got '${version.text}').`, version);
  }
  return { kind: "plain", plan: { kind: "mysql", user: user.text, post41: version?.text !== "pre-41" } };
}

function pgsqlCheck(line: Line): CheckChoice {
  const [keyword, user] = line.words;
  if (keyword === undefined || user === undefined) {
    throw new Complaint("'option pgsql-check' expects 'user <username>' as argument.", keyword ?? line.keyword);
  }
  if (keyword.text !== "user") {
    throw new Complaint("'option pgsql-check' only supports optional values: 'user'.", keyword);
  }
  atMost(line, "pgsql-check", 2);
  return { kind: "plain", plan: { kind: "pgsql", user: user.text } };
}

const kindRows: readonly Row<ProxySection>[] = [
  kindRow("tcp-check", { tier: "A", help: "Checks follow the `tcp-check` lines." }, (_line, { settings }) =>
    chooseTcp(settings),
  ),
  kindRow(
    "httpchk",
    { usage: "[[<method>] <uri> [<version>]]", tier: "A", help: "Checks send an HTTP request.", free: true },
    httpCheck,
  ),
  kindRow("smtpchk", { usage: "[HELO|EHLO <domain>]", tier: "B", help: "Checks speak SMTP.", free: true }, smtpCheck),
  kindRow(
    "mysql-check",
    { usage: "[user <name> [post-41|pre-41]]", tier: "B", help: "Checks speak MySQL.", free: true },
    mysqlCheck,
  ),
  kindRow("pgsql-check", { usage: "user <name>", tier: "B", help: "Checks speak PostgreSQL.", free: true }, pgsqlCheck),
  kindRow("redis-check", { tier: "B", help: "Checks speak Redis." }, () => ({
    kind: "plain",
    plan: { kind: "redis" },
  })),
  kindRow("ldap-check", { tier: "C", help: "Checks speak LDAP." }, () => ({ kind: "plain", plan: { kind: "ldap" } })),
  kindRow("ssl-hello-chk", { tier: "C", help: "Checks send a TLS hello." }, () => ({
    kind: "plain",
    plan: { kind: "ssl-hello" },
  })),
  refused("option spop-check", {
    where,
    tier: "C",
    help: "Checks speak SPOP.",
    needs: "backend",
    reason: "SPOE is not supported",
    advice: "use a layer 4 check",
  }),
  kindRow("external-check", { tier: "C", help: "Checks run a program." }, () => ({ kind: "external" })),
  ...(["command", "path"] as const).map((name) =>
    works(`external-check ${name}`, {
      where,
      usage: "<value>",
      tier: "C",
      help: name === "command" ? "The program of `option external-check`." : "The PATH of that program.",
      words: words("external-check", [text(`missing argument after '${name}'.`)]),
      land: (target, [value]) => void (target.settings.external[name] = value),
    }),
  ),
];

const steps = {
  connect: "Opens the connection.",
  expect: "Waits for an answer.",
  send: "Sends a text.",
  "send-lf": "Sends a log-format text.",
  "send-binary": "Sends bytes given in hexadecimal.",
  "send-binary-lf": "Sends bytes given as a log-format text.",
  "set-var": "Sets a variable.",
  "set-var-fmt": "Sets a variable from a log-format text.",
  "unset-var": "Removes a variable.",
} as const;

/** Comments given by lines of their own, waiting for the step they belong to. */
const pending = new WeakMap<object, { comment: string; count: number }>();

function addStep(family: "tcp" | "http", target: ProxySection, line: Line): void {
  const { settings } = target;
  const { keyword } = line;
  const step = parseCheckStep(target, line, family);
  const list = settings.checkLists[family];
  const waiting = pending.get(list);
  const number = (list.at(-1)?.number ?? 0) + 1 + (waiting?.count ?? 0);
  prefixed(`'${family}-check ${keyword.text}' : `, () =>
    addCheckRule(family, settings, { ...step, comment: step.comment ?? waiting?.comment ?? null, number }, keyword),
  );
  pending.delete(list);
}

function stepRows(family: "tcp" | "http"): Row<ProxySection>[] {
  const names = Object.entries(steps).filter(([name]) => family === "tcp" || !name.startsWith("send-"));
  const half = { needs: "backend" } as const;
  const misplaced = (label: string): string => `'${family}-check' ignored because ${label} has no backend capability.`;
  return [
    ...names.map(([name, help]) =>
      works(`${family}-check ${name}`, {
        where,
        tier: "A",
        usage: "…",
        help,
        ...half,
        misplaced,
        words: anyWords(),
        land: (target, _values, line) => addStep(family, target, line),
      }),
    ),
    works(`${family}-check comment`, {
      where,
      tier: "A",
      usage: "<text>",
      help: "Explains the next step where it fails.",
      ...half,
      misplaced,
      words: anyWords(),
      land({ settings }, [comment = ""], line) {
        if (comment === "") {
          throw new Complaint(`'${family}-check comment' : expects a string as argument.`, line.keyword);
        }
        const list = settings.checkLists[family];
        countOwn(family, settings);
        pending.set(list, { comment, count: (pending.get(list)?.count ?? 0) + 1 });
      },
    }),
  ];
}

const httpFlags: readonly Row<ProxySection>[] = [
  works("http-check disable-on-404", {
    where,
    tier: "C",
    help: "A 404 answer drains the server.",
    needs: "backend",
    words: words("http-check", []),
    land: ({ settings }) => void (settings.disableOn404 = true),
  }),
  works("http-check send-state", {
    where,
    tier: "C",
    help: "Tells the server its state in a header of each check, X-Haproxy-Server-State.",
    needs: "backend",
    words: words("http-check", []),
    land: ({ settings }) => void (settings.sendState = true),
  }),
];

/** What `tcp-check` or `http-check` with another second word is told. */
export function unknownStep(family: string, got: string): string {
  const variables = "'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'";
  return family === "tcp-check"
    ? `'tcp-check' only supports 'comment', 'connect', 'send', 'send-binary', 'expect', ${variables}. but got '${got}'`
    : `'http-check' only supports 'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', ${variables}. but got '${got}'`;
}

/** The rows of this file. */
export const checkRows: readonly Row<ProxySection>[] = [
  ...kindRows,
  ...stepRows("tcp"),
  ...stepRows("http"),
  ...httpFlags,
];
