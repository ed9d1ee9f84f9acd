/** Keywords of the `global` section about TLS, all without effect as long as TLS is not terminated here. */
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { integer, text, wordList, words } from "../../row/value.ts";
import { aNumber, firstWord, type IdleGroup, groupRows } from "./idle-groups.ts";

const { idle } = rowsOf<Draft>("global");

const noTls = "TLS is not terminated here";

const statement = (what: string) => (name: string) => `global statement '${name}' expects ${what} as an argument.`;

const groups: readonly IdleGroup[] = [
  {
    names: ["ssl-default-bind-ciphers", "ssl-default-bind-ciphersuites"],
    reason: noTls,
    help: "Ciphers of TLS.",
    usage: "<ciphers>",
    tier: "A",
    missing: statement("a cipher suite"),
  },
  {
    names: ["ca-base", "crt-base", "key-base"],
    reason: noTls,
    help: "Where certificates are.",
    usage: "<directory>",
    tier: "A",
    missing: statement("a directory path"),
  },
  {
    names: wordList(`
    ssl-default-bind-curves ssl-default-bind-sigalgs ssl-default-bind-client-sigalgs
    ssl-dh-param-file ssl-engine ssl-load-extra-files ssl-mode-async ssl-propquery ssl-provider
    ssl-provider-path ssl-skip-self-issued-ca ssl-load-extra-del-ext ssl-security-level
    ssl-passphrase-cmd issuers-chain-path maxsslrate
    acme.scheduler ocsp-update.disable
    ocsp-update.httpproxy ocsp-update.maxdelay ocsp-update.mindelay ocsp-update.mode
    jwt.decrypt_alg_list
  `),
    reason: noTls,
    help: "A detail of TLS.",
    usage: "<value>",
  },
  {
    names: wordList(`
    tune.ssl.cachesize tune.ssl.keylog
    tune.ssl.force-private-cache tune.ssl.hard-maxrecord tune.ssl.lifetime tune.ssl.maxrecord
    tune.ssl.ssl-ctx-cache-size tune.ssl.ocsp-update.maxdelay tune.ssl.ocsp-update.mindelay
  `),
    reason: noTls,
    help: "A detail of TLS.",
    usage: "<value>",
    tier: "A",
  },
];

const tlsOptions = wordList(`
    no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 no-tls-tickets force-sslv3 force-tlsv10
    force-tlsv11 force-tlsv12 force-tlsv13 prefer-client-ciphers ssl-min-ver ssl-max-ver strict-sni
    tls-tickets no-renegotiate allow-0rtt
  `);

/** The rows of this file. */
export const globalTlsRows: readonly Row<Draft>[] = [
  ...["ssl-default-bind-options"].map((name) =>
    idle(name, {
      usage: "<option> …",
      tier: "A",
      help: "Options of TLS.",
      reason: noTls,
      check(_draft, line) {
        if (firstWord(line) === "") {
          throw new Complaint(`global statement '${name}' expects an option as an argument.`, line.keyword);
        }
        for (let index = 0; index < line.words.length; index++) {
          const word = line.words[index];
          if (word === undefined) break;
          if (!tlsOptions.includes(word.text)) {
            throw new Complaint(`unknown option '${word.text}' on global statement '${name}'.`, word);
          }
          if (word.text === "ssl-min-ver" || word.text === "ssl-max-ver") index += 1;
        }
      },
    }),
  ),
  idle("tune.ssl.default-dh-param", {
    usage: "<bits>",
    tier: "A",
    help: "Size of a Diffie-Hellman key.",
    reason: noTls,
    words: words("tune.ssl.default-dh-param", [
      integer({
        name: "tune.ssl.default-dh-param",
        missing: "'tune.ssl.default-dh-param' expects an integer argument.",
        min: { value: 1024, message: () => "'tune.ssl.default-dh-param' expects a value >= 1024." },
      }),
    ]),
  }),
  idle("maxsslconn", {
    usage: "<number>",
    tier: "C",
    help: "TLS connections at once.",
    reason: noTls,
    words: words("maxsslconn", [text(aNumber("maxsslconn"))]),
    check(_draft, line) {
      const [value] = line.words;
      if (value?.text.startsWith("-") === true) {
        throw new Complaint("'maxsslconn' expects a positive numeric value.", value);
      }
    },
  }),
  ...groupRows(groups),
];
