/** Options of `bind` lines that are about TLS (manual, 5.1). What a line says without `ssl` the final check notes as idle. */
import type { BindTlsWords } from "../draft/tls/bind-tls-draft.ts";
import { type BindDraft, type Draft, positionOf } from "../draft/draft.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import { text, type WordSchema } from "../row/value.ts";
import { Complaint } from "../text/complaint.ts";
import { basedPath, FileFault } from "../tls/authorities.ts";
import type { NamingLine } from "../tls/certificate.ts";
import { readCrt } from "../tls/crt.ts";
import { readCrtList } from "../tls/crt-list.ts";
import { listenerWords } from "../tls/listener-words.ts";
import { checkTicketKeys } from "../tls/ticket-keys.ts";
import { setVersionFlag, versionFlags } from "../tls/versions.ts";

const { works, refused } = optionsOf<BindDraft>("bind");

function note({ tlsWords }: BindDraft, { statement, keyword }: OptionLine, refusal: string | null): void {
  tlsWords.said.set(keyword.text, { statement, keyword, refusal });
}

/** Runs `read`; of a file that cannot be read HAProxy says two things, the first of them without a place. */
function reading(name: string, line: OptionLine, read: () => void): void {
  const word = line.rest[0] ?? line.keyword;
  try {
    read();
  } catch (error) {
    if (error instanceof FileFault) {
      line.draft.diagnostics.add({ level: "alert", text: error.message, pointer: null, advice: error.advice });
      throw new Complaint(`${error.keyword ?? `'${name}'`} : unable to load ${error.file}`, word);
    }
    if (error instanceof Complaint) throw new Complaint(error.message, word, error.advice);
    throw error;
  }
}

/** A word by itself. */
const flag = (name: string, help: string, set: (tls: BindTlsWords) => void): OptionRow<BindDraft> =>
  works(name, {
    tier: "A",
    help,
    takes: [],
    land(bind, _values, line) {
      note(bind, line, null);
      set(bind.tlsWords);
    },
  });

/** A word with a value behind it. */
const valued = (
  name: string,
  entry: { readonly usage: string; readonly help: string; readonly missing: string },
  set: (tls: BindTlsWords, value: string, line: OptionLine) => void,
): OptionRow<BindDraft> =>
  works(name, {
    usage: entry.usage,
    tier: "A",
    help: entry.help,
    takes: [text(`'${name}' : ${entry.missing}`)] as readonly [WordSchema],
    land(bind, [value], line) {
      note(bind, line, null);
      set(bind.tlsWords, String(value), line);
    },
  });

const naming = ({ draft, statement, rest, keyword, where }: OptionLine): NamingLine => ({
  draft,
  statement,
  where,
  word: rest[0] ?? keyword,
});

const certificateRows: readonly OptionRow<BindDraft>[] = [
  flag("ssl", "Speaks TLS with clients: with `crt`.", (tls) => void (tls.isSpoken = true)),
  valued(
    "crt",
    {
      usage: "<file>|<folder>",
      help: "Certificate, chain and key in PEM; several in a folder.",
      missing: "missing certificate location",
    },
    (tls, value, line) => {
      const path = basedPath(line.draft.global.tls.crtBase, value);
      tls.entries.push(...readCrt(path, naming(line), tls.lists));
    },
  ),
  valued(
    "default-crt",
    {
      usage: "<file>",
      help: "Certificate for names that no other has (HAProxy 3.0 and later).",
      missing: "missing certificate location",
    },
    (tls, value, line) => {
      const path = basedPath(line.draft.global.tls.crtBase, value);
      const entries = readCrt(path, naming(line), tls.lists);
      tls.entries.splice(tls.defaults, 0, ...entries);
      tls.defaults += entries.length;
    },
  ),
  valued(
    "crt-list",
    {
      usage: "<file>",
      help: "Certificates a line each, with options and the names they are for.",
      missing: "missing certificate location",
    },
    (tls, value, line) => {
      reading("crt-list", line, () => {
        try {
          tls.entries.push(...readCrtList(value, naming(line), tls.lists));
        } catch (error) {
          if (!(error instanceof Complaint) || error instanceof FileFault) throw error;
          throw new Complaint(`'crt-list' : ${error.message}`, error.word, error.advice);
        }
      });
    },
  ),
];

const sharedRows: readonly OptionRow<BindDraft>[] = listenerWords.map(({ name, usage, help, missing, set }) =>
  valued(name, { usage, help, missing }, (tls, value, line) => {
    reading(name, line, () => set(tls, value, line.draft));
  }),
);

/** Highest number of an error of verification that OpenSSL 3.0 has. */
const mostErrors = 94;

/** Reads `all`, or numbers with commas between them, as HAProxy's `atoi`. */
function readErrors(name: string, value: string): readonly number[] | "all" {
  if (value === "all") return "all";
  return value.split(",").map((one) => {
    const number = Number.parseInt(one, 10) || 0;
    if (number >= 1 && number <= mostErrors) return number;
    throw new Complaint(`'${name}' : ID '${number}' out of range (1..${mostErrors}) in error IDs list '${value}'`);
  });
}

const errors = (
  name: "crt-ignore-err" | "ca-ignore-err",
  field: "ignoredLeafErrors" | "ignoredChainErrors",
  help: string,
): OptionRow<BindDraft> =>
  valued(name, { usage: "all|<number>[,…]", help, missing: "missing error IDs list" }, (tls, value, line) => {
    reading(name, line, () => void (tls[field] = readErrors(name, value)));
  });

const handshakeRows: readonly OptionRow<BindDraft>[] = [
  errors("crt-ignore-err", "ignoredLeafErrors", "Errors of a client's certificate itself that are let pass."),
  errors("ca-ignore-err", "ignoredChainErrors", "Errors of the certificates above a client's that are let pass."),
  flag("strict-sni", "Refuses clients that ask for a name no certificate has.", (tls) => void (tls.strictSni = true)),
  flag("no-strict-sni", "Turns `strict-sni` off (HAProxy 3.1 and later).", (tls) => void (tls.strictSni = false)),
  flag("prefer-client-ciphers", "Chooses the first cipher of the client's list.", (tls) => {
    tls.prefersClientCiphers = true;
  }),
  flag("no-tls-tickets", "Gives no session tickets.", (tls) => void (tls.tickets = false)),
  flag("tls-tickets", "Turns `no-tls-tickets` off (HAProxy 3.1 and later).", (tls) => void (tls.tickets = true)),
  flag("no-alpn", "Turns ALPN off (HAProxy 2.8 and later).", (tls) => void (tls.alpn = [])),
  ...versionFlags.map((name) =>
    flag(
      name,
      name.startsWith("no-") ? "Leaves out a version of TLS." : "Speaks one version of TLS only.",
      ({ versions }) => setVersionFlag(versions, name),
    ),
  ),
];

/** A word that is refused where TLS is spoken, and means nothing where it is not. */
function withoutSupport(
  name: string,
  usage: string,
  entry: { readonly help: string; readonly reason: string; readonly advice: string; readonly missing?: string },
): OptionRow<BindDraft> {
  const { help, reason, advice, missing } = entry;
  return {
    ...refused(name, { usage, tier: "C", help, reason, advice }),
    read(bind, line) {
      if (missing !== undefined && (line.rest[0]?.text ?? "") === "") {
        throw new Complaint(`'${name}' : ${missing}`, line.keyword);
      }
      note(bind, line, advice);
      return usage === "" ? 0 : 1;
    },
  };
}

const ticketKeys = withoutSupport("tls-ticket-keys", "<file>", {
  help: "Keys of session tickets, shared with other machines.",
  reason: "the engines of TLS that run here make their own keys",
  advice: "remove it: sessions are resumed where they were begun, and begin anew elsewhere",
  missing: "missing TLS ticket keys file path",
});

/** Its file is judged on every line, as HAProxy does. */
const ticketKeysRow: OptionRow<BindDraft> = {
  ...ticketKeys,
  read(bind, line) {
    const taken = ticketKeys.read(bind, line);
    checkTicketKeys(line.rest[0]?.text ?? "", naming(line));
    return taken;
  },
};

const refusedRows: readonly OptionRow<BindDraft>[] = [
  ticketKeysRow,
  withoutSupport("no-ca-names", "", {
    help: "Tells clients no names of authorities.",
    reason: "the engines of TLS that run here always tell whose certificates are taken",
    advice: "remove it: clients can choose their certificate by the names",
  }),
  withoutSupport("generate-certificates", "", {
    help: "Makes certificates for whatever name is asked for.",
    reason: "certificates come from their authority",
    advice: "name a certificate for each host, or one for *.example",
  }),
  ...["ca-sign-file", "ca-sign-pass"].map((name) =>
    withoutSupport(name, "<value>", {
      help: "What `generate-certificates` signs with.",
      reason: "certificates come from their authority",
      advice: "remove it",
      missing: name === "ca-sign-file" ? "missing CAfile path" : "missing CAkey password",
    }),
  ),
  withoutSupport("allow-0rtt", "", {
    help: "Takes data before the handshake is over.",
    reason: "early data can be replayed by whoever saw it",
    advice: "remove it: clients send the same once the handshake is over",
  }),
  withoutSupport("npn", "<protocol>[,…]", {
    help: "Protocols, by an extension that TLS no longer has.",
    reason: "ALPN took its place",
    advice: "use `alpn`",
    missing: "missing the comma-delimited NPN protocol suite",
  }),
  withoutSupport("client-sigalgs", "<list>", {
    help: "Signatures that clients' certificates may have (HAProxy 2.8 and later).",
    reason: "the engines of TLS that run here have one list for both",
    advice: "say `sigalgs`",
  }),
  withoutSupport("ktls", "on|off", {
    help: "Lets the kernel encrypt (HAProxy 3.3 and later).",
    reason: "the engines of TLS that run here do not use it",
    advice: "remove it",
  }),
  withoutSupport("ech", "<folder>", {
    help: "Reads the name asked for where it is hidden (HAProxy 3.3 and later).",
    reason: "the engines of TLS that run here do not offer it",
    advice: "remove it",
  }),
];

/** Rows about TLS. */
export const bindTlsRows: readonly OptionRow<BindDraft>[] = [
  ...certificateRows,
  ...sharedRows,
  ...handshakeRows,
  ...refusedRows,
];

const alone = "it means something only beside `ssl`";

/** Notes the words of TLS on a line that speaks none. */
export function noteIdleTlsWords({ said }: BindTlsWords, { global: { withoutEffect } }: Draft): void {
  for (const { statement, keyword } of said.values()) {
    withoutEffect.push({ keyword: keyword.text, reason: alone, position: positionOf(statement) });
  }
}
