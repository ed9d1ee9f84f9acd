/** Keywords of the `global` section about what is kept of a TLS client's offer. */
import type { Draft } from "../../draft/draft.ts";
import { Complaint, shortPlace } from "../../text/complaint.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { text, words } from "../../row/value.ts";

const { works } = rowsOf<Draft>("global");

const usual = "tune.ssl.capture-buffer-size";
const former = "tune.ssl.capture-cipherlist-size";

/** As HAProxy reads a number here: what it begins with, or 0. Only one line may say it, under either name. */
function land(draft: Draft, value: string, line: Line): void {
  const name = line.keyword.text;
  if (draft.global.seen.has(usual)) throw new Complaint(`'${name}' is already configured.`, line.keyword);
  draft.global.seen.add(usual);
  const [digits = "0"] = /^\s*[-+]?\d+/.exec(value) ?? [];
  const bytes = Number(digits);
  if (bytes < 0 || bytes > 0x7fffffff) {
    throw new Complaint(`'${name}' expects a positive numeric value.`, line.words[0]);
  }
  draft.global.tlsOfferBytes = bytes;
}

/** The rows of this file. */
export const globalTlsOfferRows: readonly Row<Draft>[] = [
  works(usual, {
    usage: "<bytes>",
    tier: "A",
    help: "So many bytes of what a client of TLS offers are kept, for ssl_fc_cipherlist_bin and its like.",
    words: words(usual, [text(`'${usual}' expects an integer argument.`)]),
    land: (draft, [value], line) => land(draft, value, line),
  }),
  works(former, {
    usage: "<bytes>",
    tier: "A",
    help: `The former name of ${usual}.`,
    words: words(former, [text(`'${former}' expects an integer argument.`)]),
    land: (draft, [value], line) => {
      warn(
        line,
        `'${former}' is deprecated and will be removed in version 2.7. Please use '${usual}' instead.`,
        line.keyword,
        shortPlace,
      );
      land(draft, value, line);
    },
  }),
];
