/** Keywords of proxies about sessions of SSH that start up, which HAProxy does not know. */
import type { StartupWords } from "../../../draft/draft.ts";
import type { ProxySection } from "../../../draft/proxy-section.ts";
import { loginGrace, startupLimit } from "../../../options/startup-limit.ts";
import { type Line, type Row, rowsOf } from "../../../row/row.ts";
import { anyWords } from "../../../row/value.ts";
import { Complaint } from "../../../text/complaint.ts";

const { works } = rowsOf<ProxySection>("proxy");

interface Said {
  readonly words: StartupWords;
  /** How many words say it. */
  readonly taken: number;
}

function row(
  name: string,
  usage: string,
  help: string,
  read: (line: Line) => Said,
  reset: StartupWords,
): Row<ProxySection> {
  return works(name, {
    where: "DLB",
    usage,
    needs: "backend",
    isExtension: true,
    negatable: true,
    hasTimes: name === "ssh-login-grace",
    help,
    words: anyWords(),
    land({ settings }, _values, line) {
      const { words, taken } = line.negated ? { words: reset, taken: 0 } : read(line);
      const extra = line.words[taken];
      if (extra !== undefined) {
        throw new Complaint(`'${name}' cannot handle unexpected argument '${extra.text}'.`, extra);
      }
      settings.ssh = { ...settings.ssh, startups: { ...settings.ssh.startups, ...words } };
    },
  });
}

/** The rows of this file. */
export const startupRows: readonly Row<ProxySection>[] = [
  row(
    "ssh-maxstartups",
    "<number> [per-source <number>]",
    "Sessions that may start up at once on each server, and of one address; more wait in its queue.",
    ({ words, keyword }) => {
      const { limit, taken } = startupLimit(words, keyword);
      return { words: { limit }, taken };
    },
    { limit: undefined },
  ),
  row(
    "ssh-login-grace",
    "<time>",
    "How long a session counts as starting up at most.",
    ({ words, keyword }) => ({ words: { graceMs: loginGrace(words[0], keyword) }, taken: 1 }),
    { graceMs: undefined },
  ),
];
