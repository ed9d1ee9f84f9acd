/** Keywords of the `global` section about TLS that do nothing here, each with why, and those that are refused. */
import { Complaint, complain } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { integer, text, wordList, words } from "../../row/value.ts";
import { onlyEcdhe } from "../../tls/certificate.ts";
import { isDhFile } from "../../tls/dh-parameters.ts";
import { aNumber, type IdleGroup, groupRows, onOrOff } from "./idle-groups.ts";

const { idle, refused } = rowsOf<Draft>("global");

/** Says that what a line is about is not used. */
function tellUnused({ draft, statement, keyword }: Line, text: string): void {
  complain(draft.diagnostics, "notice", statement, text, keyword);
}

const groups: readonly IdleGroup[] = [
  {
    names: ["key-base"],
    reason: "certificates name their keys themselves: no line has a key's path alone",
    help: "Where keys are whose paths are relative (HAProxy 3.0 and later).",
    usage: "<directory>",
    tier: "C",
    missing: (name) => `global statement '${name}' expects a directory path as an argument.`,
  },
  {
    names: ["ssl-mode-async"],
    reason: "there is no engine that could work beside",
    help: "Lets engines work while others are served.",
    tier: "C",
  },
  {
    names: ["tune.ssl.cachesize"],
    reason: "the runtime sizes its own cache of sessions",
    help: "How many sessions of TLS can be resumed.",
    usage: "<number>",
    tier: "A",
    missing: aNumber,
  },
  {
    names: ["tune.ssl.force-private-cache"],
    reason: "there is one process, and its cache is its own",
    help: "Whether processes share their sessions of TLS.",
    bare: true,
    tier: "C",
  },
  {
    names: ["tune.ssl.maxrecord", "tune.ssl.hard-maxrecord"],
    reason: "the runtime makes records as large as it sees fit",
    help: "Largest record that is sent.",
    usage: "<bytes>",
    tier: "C",
    missing: aNumber,
  },
  {
    names: ["tune.ssl.ssl-ctx-cache-size"],
    reason: "certificates are not generated",
    help: "How many generated certificates are kept.",
    usage: "<number>",
    tier: "C",
    missing: aNumber,
  },
  {
    names: wordList(`
    tune.ssl.ocsp-update.maxdelay tune.ssl.ocsp-update.mindelay ocsp-update.disable
    ocsp-update.httpproxy ocsp-update.maxdelay ocsp-update.mindelay ocsp-update.mode
  `),
    reason: "OCSP answers are not stapled",
    help: "How OCSP answers are renewed (HAProxy 2.8 and later).",
    usage: "<value>",
  },
  {
    names: ["acme.scheduler"],
    reason: "certificates are not fetched here",
    help: "Whether certificates are renewed by ACME (HAProxy 3.2 and later).",
    usage: "<value>",
  },
  {
    names: ["jwt.decrypt_alg_list"],
    reason: "tokens are not decrypted here",
    help: "How encrypted tokens may be encrypted (HAProxy 3.3 and later).",
    usage: "<value>",
  },
];

const dhRows: readonly Row<Draft>[] = [
  idle("ssl-dh-param-file", {
    usage: "<file>",
    tier: "B",
    help: "Parameters for Diffie and Hellman without curves.",
    reason: onlyEcdhe,
    words: words("ssl-dh-param-file", [text("'ssl-dh-param-file' expects a file path as an argument.")]),
    check(draft, line) {
      const [word = line.keyword] = line.words;
      if (!isDhFile(draft.files, word.text)) {
        throw new Complaint(`'ssl-dh-param-file': unable to load DH parameters from file <${word.text}>.`, word);
      }
      tellUnused(line, `'ssl-dh-param-file' is not used: ${onlyEcdhe}.`);
    },
  }),
  idle("tune.ssl.default-dh-param", {
    usage: "<bits>",
    tier: "A",
    help: "Size of a Diffie-Hellman key.",
    reason: onlyEcdhe,
    words: words("tune.ssl.default-dh-param", [
      integer({
        name: "tune.ssl.default-dh-param",
        missing: "'tune.ssl.default-dh-param' expects an integer argument.",
        min: { value: 1024, message: () => "'tune.ssl.default-dh-param' expects a value >= 1024." },
      }),
    ]),
    check(_draft, line) {
      tellUnused(line, `'tune.ssl.default-dh-param' is not used: ${onlyEcdhe}.`);
    },
  }),
];

const engine = {
  reason: "TLS is the runtime's own, which takes nothing from OpenSSL's engines and providers",
} as const;

const refusedRows: readonly Row<Draft>[] = [
  ...["ssl-engine", "ssl-provider", "ssl-provider-path", "ssl-propquery"].map((name) =>
    refused(name, {
      usage: "<value>",
      help: "Lets something else than OpenSSL itself do the work.",
      ...engine,
      advice: "remove it: TLS is the runtime's own",
    }),
  ),
  refused("ssl-security-level", {
    usage: "<0..5>",
    help: "Which keys and ciphers are too weak (HAProxy 3.1 and later).",
    reason: "the runtime's TLS has no such levels",
    advice: "say which ciphers are taken with 'ssl-default-bind-ciphers'",
  }),
  refused("ssl-passphrase-cmd", {
    usage: "<command>",
    help: "Says the passphrases of keys (HAProxy 3.3 and later).",
    reason: "encrypted keys are not read",
    advice: "store keys in clear text, readable by root alone",
  }),
  refused("ssl-default-bind-client-sigalgs", {
    usage: "<list>",
    help: "Signatures that clients' certificates may have (HAProxy 2.8 and later).",
    reason: "the engines of TLS that run here have one list for both",
    advice: "say 'ssl-default-bind-sigalgs'",
  }),
];

const keylogRow = idle("tune.ssl.keylog", {
  usage: "on|off",
  tier: "C",
  help: "Keeps the secrets of sessions for samples.",
  reason: "nobody is told the secrets of sessions",
  check(_draft, line) {
    onOrOff(line);
    if (line.words[0]?.text !== "on") return;
    throw new Complaint(
      "'tune.ssl.keylog on' is not supported",
      line.words[0],
      "remove it: the runtime does not tell the secrets of sessions",
    );
  },
});

/** The rows of this file. */
export const globalTlsIdleRows: readonly Row<Draft>[] = [...dhRows, keylogRow, ...groupRows(groups), ...refusedRows];
