/** Keywords of proxies about the host keys of their servers, which HAProxy does not know. */
import type { ProxySection } from "../draft/proxy-section.ts";
import { hostKeysInterMs } from "../../plan/ssh/ssh.ts";
import { readFingerprint } from "../row/fingerprint.ts";
import { Complaint } from "../text/complaint.ts";
import { type Line, type Row, rowsOf } from "../row/row.ts";
import { anyWords, readTime } from "../row/value.ts";

const { works } = rowsOf<ProxySection>("proxy");

/** A second: whoever asks for less gets no more, for connections to a server are two seconds apart. */
const leastInterMs = 1000;

/** The rows of this file. */
export const sshHostKeysRows: readonly Row<ProxySection>[] = [
  works("ssh-hostkeys", {
    where: "DLB",
    usage: "[inter <time>]",
    isExtension: true,
    needs: "backend",
    hasTimes: true,
    negatable: true,
    help: "Reads the servers' host keys again and again, and tells where they change or differ; an hour apart unless said otherwise.",
    words: anyWords(),
    land({ settings }, [, , extra], line) {
      if (line.negated) {
        if (line.words.length > 0) throw new Complaint("'no ssh-hostkeys' does not expect arguments.", line.words[0]);
        settings.ssh = { ...settings.ssh, hostKeysInterMs: null };
        return;
      }
      if (extra !== undefined)
        throw new Complaint(`'ssh-hostkeys' cannot handle unexpected argument '${extra}'.`, line.words[2]);
      settings.ssh = { ...settings.ssh, hostKeysInterMs: interOf(line) };
    },
  }),
  works("ssh-hostkey", {
    where: "LB",
    usage: "<fingerprint>",
    isExtension: true,
    needs: "backend",
    help: "A host key that servers must have one of, as SHA256:…; one that has another is down. The server's own say otherwise.",
    words: anyWords(),
    land({ settings }, [, extra], line) {
      const pin = readFingerprint(line.words[0], line.keyword);
      if (extra !== undefined)
        throw new Complaint(
          `'ssh-hostkey' cannot handle unexpected argument '${extra}': each fingerprint has a line of its own.`,
          line.words[1],
        );
      settings.ssh = { ...settings.ssh, pins: [...settings.ssh.pins, pin] };
    },
  }),
];

function interOf({ words: [inter, time], keyword }: Line): number {
  if (inter === undefined) return hostKeysInterMs;
  if (inter.text !== "inter")
    throw new Complaint(`'ssh-hostkeys' only supports 'inter <time>' (got '${inter.text}').`, inter);
  const ms = time === undefined ? null : readTime(time.text);
  if (typeof ms !== "number" || ms < leastInterMs)
    throw new Complaint(
      `'ssh-hostkeys inter' expects a time of a second at least, like 1h${time === undefined ? "" : `, not '${time.text}'`}.`,
      time ?? keyword,
    );
  return ms;
}
