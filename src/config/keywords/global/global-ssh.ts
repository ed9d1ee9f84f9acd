/** Keywords of the `global` section about SSH, which HAProxy does not know. */
import type { Draft } from "../../draft/draft.ts";
import { type Row, rowsOf } from "../../row/row.ts";
import { integer, text, words } from "../../row/value.ts";

const { works } = rowsOf<Draft>("global");

function limitRow(name: "lingering" | "tarpit", help: string): Row<Draft> {
  const keyword = `tune.ssh.${name}`;
  const message = `'${keyword}' expects a number from 0 to 1000000.`;
  return works(keyword, {
    usage: "<number>",
    isExtension: true,
    help,
    words: words(keyword, [
      integer({
        name: keyword,
        missing: message,
        min: { value: 0, message: () => message },
        max: { value: 1_000_000, message: () => message },
      }),
    ]),
    land: ({ global }, [value]) => void (global.ssh[name] = value),
  });
}

/** The rows of this file. */
export const globalSshRows: readonly Row<Draft>[] = [
  works("ssh-report-file", {
    usage: "<path>",
    isExtension: true,
    help: "Where the inventory of SSH clients and servers is kept between runs.",
    words: words("ssh-report-file", [text("'ssh-report-file' expects a path as argument.")]),
    land: ({ global }, [path]) => void (global.ssh.reportFile = path),
  }),
  works("ssh-hostkeys-file", {
    usage: "<path>",
    isExtension: true,
    help: "Where the host keys that servers were seen with are kept between runs.",
    words: words("ssh-hostkeys-file", [text("'ssh-hostkeys-file' expects a path as argument.")]),
    land: ({ global }, [path]) => void (global.ssh.hostKeysFile = path),
  }),
  limitRow("lingering", "Clients that may be waited for at once until they have read why they are refused."),
  limitRow("tarpit", "Clients that `ssh-tarpit` may hold at once."),
];
