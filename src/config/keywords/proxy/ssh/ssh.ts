/** Keywords of proxies about SSH, which HAProxy does not know. */
import type { SshSettings } from "../../../draft/draft.ts";
import type { ProxySection } from "../../../draft/proxy-section.ts";
import { Complaint } from "../../../text/complaint.ts";
import { type Row, rowsOf } from "../../../row/row.ts";
import { sshLogFormat } from "../../../../rules/format/log-alias.ts";
import { logOption } from "../option-lines.ts";
import { anyWords, words } from "../../../row/value.ts";

const { works } = rowsOf<ProxySection>("proxy");

function switchRow(name: string, field: "isRead" | "isRequired", help: string): Row<ProxySection> {
  return works(name, {
    where: "DFLB",
    isExtension: true,
    help,
    negatable: true,
    words: words(name, []),
    land: ({ settings }, _values, { negated }) => set(settings, { [field]: !negated }),
  });
}

function set(settings: { ssh: SshSettings }, change: Partial<SshSettings>): void {
  settings.ssh = { ...settings.ssh, ...change };
}

/** The rows of this file. */
export const sshRows: readonly Row<ProxySection>[] = [
  switchRow(
    "option ssh",
    "isRead",
    "Reads along what both sides of SSH say in clear text, and tells clients why they are refused; in mode http defaults may say it in vain.",
  ),
  switchRow("option ssh-require", "isRequired", "Refuses what turns out not to be SSH."),
  works("option sshlog", {
    where: "DFLB",
    isExtension: true,
    help: `Logs sessions as tcplog does, and what SSH says: log-format '${sshLogFormat}'.`,
    words: words("option sshlog", []),
    land: (target, _values, line) => logOption(target, line, "sshlog"),
  }),
  works("ssh-error", {
    where: "DFLB",
    usage: "<format>",
    isExtension: true,
    help: "What SSH clients read that are refused or cannot be served; `no ssh-error`: nothing.",
    negatable: true,
    words: anyWords(),
    land({ settings }, [format = "", extra], line) {
      if (line.negated) {
        if (format !== "") throw new Complaint("'no ssh-error' does not expect arguments.", line.words[0]);
        return set(settings, { refusal: "silent" });
      }
      if (format === "") throw new Complaint("ssh-error expects an argument.", line.keyword);
      if (extra !== undefined) {
        throw new Complaint("ssh-error expects only one argument, don't forget to escape spaces!", line.words[1]);
      }
      set(settings, { refusal: { statement: line.statement, index: line.start, kind: "custom" } });
    },
  }),
];
