/** `option ssh-check` and the `ssh-check` lines of proxies, which HAProxy does not know. */
import { type SshExpectation, sshExpected } from "../../../../plan/ssh/ssh-check.ts";
import type { ProxySection } from "../../../draft/proxy-section.ts";
import { noteBacktracking, regexComplaint } from "../../../expressions/regex-notices.ts";
import { type Line, type Row, rowsOf } from "../../../row/row.ts";
import { anyWords, overflow, time, words } from "../../../row/value.ts";
import { Complaint } from "../../../text/complaint.ts";
import { kindRow } from "../checks.ts";

const { works } = rowsOf<ProxySection>("proxy");

const common = {
  where: "DLB",
  isExtension: true,
  needs: "backend",
  misplaced: (label: string) => `'ssh-check' ignored because ${label} has no backend capability.`,
} as const;

/** What `ssh-check` with another second word is told. */
export function unknownSshCheck(got: string): string {
  return `'ssh-check' only supports 'expect' and 'slow' (got '${got}').`;
}

/** The section's own expectations take the place of those that its `defaults` had. */
function expect({ settings }: ProxySection, added: SshExpectation): void {
  const { sshCheck } = settings;
  settings.sshCheck = { ...sshCheck, expects: [...(sshCheck.isOwn ? sshCheck.expects : []), added], isOwn: true };
}

const kinds = sshExpected.map((name) => `'${name}'`).join(", ");

/** `[!] KIND REGEX`; the sign may stand at the kind. */
function expectation(target: ProxySection, line: Line): SshExpectation {
  const list = [...line.words];
  const isApart = list[0]?.text === "!";
  const [kind, pattern, extra] = isApart ? list.slice(1) : list;
  const negate = isApart || kind?.text.startsWith("!") === true;
  const name = kind?.text.replace(/^!/, "");
  const what = sshExpected.find((one) => one === name);
  if (what === undefined) {
    throw new Complaint(`'ssh-check expect' supports ${kinds} (got '${kind?.text ?? ""}').`, kind ?? line.keyword);
  }
  if (pattern === undefined || pattern.text === "") {
    throw new Complaint(`'ssh-check expect ${what}' expects a regular expression.`, kind);
  }
  if (extra !== undefined) {
    throw new Complaint(`'ssh-check expect' cannot handle unexpected argument '${extra.text}'.`, extra);
  }
  const wrong = regexComplaint(pattern.text, {});
  if (wrong !== null) throw new Complaint(`'ssh-check expect' : ${wrong}.`, pattern);
  noteBacktracking([pattern.text], {}, target.scope.diagnostics, line.statement, pattern);
  return { what, negate, pattern: pattern.text };
}

/** The rows of this file. */
export const sshCheckRows: readonly Row<ProxySection>[] = [
  kindRow(
    "ssh-check",
    {
      tier: null,
      isExtension: true,
      help: "Checks speak SSH, seldom and silently: a server's identification in real traffic counts, and `option ssh` holds.",
    },
    () => ({ kind: "plain", plan: { kind: "ssh", expects: [], slowMs: 0 } }),
  ),
  works("ssh-check expect", {
    ...common,
    usage: "[!] ident|kex|hostkey|cipher|mac <regex>",
    help: "What a server's identification, or one of what it lists, has to be, or with `!` must not be.",
    words: anyWords(),
    land: (target, _values, line) => expect(target, expectation(target, line)),
  }),
  works("ssh-check slow", {
    ...common,
    usage: "<time>",
    hasTimes: true,
    help: "A server that takes so long to identify itself is slow: half its weight counts until it is not.",
    words: words("ssh-check slow", [
      time({
        missing: "'ssh-check slow' expects a time.",
        fault: (fault, word) =>
          fault.kind === "overflow"
            ? overflow(word, "ssh-check slow")
            : `unexpected character '${fault.character}' in 'ssh-check slow'`,
        min: { value: 1, message: "'ssh-check slow' expects a time above 0." },
      }),
    ]),
    land: ({ settings }, [slowMs]) => void (settings.sshCheck = { ...settings.sshCheck, slowMs }),
  }),
];
