/** `ssh-penalties`, which HAProxy does not know. */
import type { ProxySection } from "../../../draft/proxy-section.ts";
import { readSshPenalties } from "../../../lines/ssh-penalties.ts";
import { type Row, rowsOf } from "../../../row/row.ts";
import { anyWords } from "../../../row/value.ts";
import { Complaint, prefixed } from "../../../text/complaint.ts";

const { works } = rowsOf<ProxySection>("proxy");

/** The rows of this file. */
export const sshPenaltyRows: readonly Row<ProxySection>[] = [
  works("ssh-penalties", {
    where: "DFL",
    usage:
      "[noauth <time>] [invalid <time>] [proxy <time>] [min <time>] [max <time>] [exempt <address>[,…]|-f <file>] [prefix4 <bits>] [prefix6 <bits>] [size <number>] [action reject|tarpit|drop]",
    isExtension: true,
    help: "Keeps sources out for a while whose sessions end before a login, do not speak SSH, or bring no PROXY header.",
    needs: "frontend",
    negatable: true,
    words: anyWords(),
    land({ settings, scope }, _values, { negated, words }) {
      if (negated && words.length > 0) throw new Complaint("'no ssh-penalties' does not expect arguments.", words[0]);
      const penalties = negated ? null : prefixed("'ssh-penalties' : ", () => readSshPenalties(words, scope));
      settings.ssh = { ...settings.ssh, penalties };
    },
  }),
];
