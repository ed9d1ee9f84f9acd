/** Keywords of the `global` section that say what holds for TLS with all servers (manual, 3.1). */
import { Complaint } from "../../text/complaint.ts";
import { type Draft, positionOf } from "../../draft/draft.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { anyWords, maybeText, text, wordList, words } from "../../row/value.ts";
import type { Word } from "../../text/statement.ts";
import { judgeSuites, suitesNotice } from "../../tls/offer.ts";
import { readVersion, setVersionFlag, versionFlags } from "../../tls/versions.ts";

const { works, refused } = rowsOf<Draft>("global");

/** A list that OpenSSL reads; whether it can is seen where TLS is spoken. */
const listed = (
  end: string,
  field: "ciphers" | "ciphersuites" | "curves" | "sigalgs",
  what: string,
  help: string,
): Row<Draft> =>
  works(`ssl-default-server-${end}`, {
    usage: "<list>",
    tier: "A",
    help,
    words: words(`ssl-default-server-${end}`, [
      text(`global statement 'ssl-default-server-${end}' expects ${what} as an argument.`),
    ]),
    land({ global: { tls, withoutEffect } }, [value], { keyword, statement }) {
      tls.server[field] = value;
      if (field !== "ciphersuites" || judgeSuites(value).kind !== "all") return;
      withoutEffect.push({ keyword: keyword.text, reason: suitesNotice, position: positionOf(statement) });
    },
  });

const options = "ssl-default-server-options";

/** Words that later versions of HAProxy and those of listeners have: not for servers. */
const known = new Set([...wordList("ssl-min-ver ssl-max-ver no-tls-tickets"), ...versionFlags]);

/** The rows of this file. */
export const globalServerTlsRows: readonly Row<Draft>[] = [
  listed("ciphers", "ciphers", "a cipher suite", "Ciphers up to TLS 1.2, of servers."),
  listed("ciphersuites", "ciphersuites", "a cipher suite", "Ciphers of TLS 1.3, of servers."),
  listed("curves", "curves", "a curve suite", "Groups for the exchange of keys, of servers (HAProxy 3.0 and later)."),
  listed("sigalgs", "sigalgs", "a sigalg suite", "Signatures taken of servers (HAProxy 2.8 and later)."),
  refused("ssl-default-server-client-sigalgs", {
    usage: "<list>",
    help: "Signatures with which our certificates are shown to servers (HAProxy 2.8 and later).",
    reason: "the engine chooses them by the certificate's key",
    advice: "remove it",
  }),
  works(options, {
    usage: "<option> …",
    tier: "A",
    help: "Versions of TLS, and whether tickets are taken, of servers.",
    words: anyWords(),
    land({ global: { tls } }, _values, line) {
      const { versions } = tls.server;
      if ((line.words[0]?.text ?? "") === "") {
        throw new Complaint(`global statement '${options}' expects an option as an argument.`, line.keyword);
      }
      for (let index = 0; index < line.words.length; index++) {
        const word = line.words[index];
        if (word === undefined) break;
        const { text: name } = word;
        if (!known.has(name)) {
          throw new Complaint(`unknown option '${name}' on global statement '${options}'.`, word);
        }
        if (name === "no-tls-tickets") tls.server.tickets = false;
        else if (name === "ssl-min-ver") versions.min = versionAfter(line.words[++index], word);
        else if (name === "ssl-max-ver") versions.max = versionAfter(line.words[++index], word);
        else setVersionFlag(versions, name);
      }
    },
  }),
  works("ssl-server-verify", {
    usage: "none|required",
    tier: "A",
    help: "Whether certificates of servers are verified where their lines do not say.",
    words: words("ssl-server-verify", [maybeText()]),
    land({ global }, [value], line) {
      if (value === "") throw new Complaint("'ssl-server-verify' expects an integer argument.", line.keyword);
      if (value !== "none" && value !== "required") {
        throw new Complaint("'ssl-server-verify' expects 'none' or 'required' as argument.", line.words[0]);
      }
      global.serverVerify = value;
    },
  }),
];

function versionAfter(word: Word | undefined, keyword: Word): NonNullable<ReturnType<typeof readVersion>> {
  const end = `on global statement '${options}'.`;
  if (word === undefined) throw new Complaint(`'${keyword.text}' : missing the ssl/tls version ${end}`, keyword);
  const version = readVersion(word.text);
  if (version === null) throw new Complaint(`'${word.text}' : unknown ssl/tls version ${end}`, word);
  return version;
}
