/** Options of `server` lines that are about TLS (manual, 5.2). What a line says alone, without TLS, the final check notes as idle. */
import type { InferOutput } from "valibot";
import { Complaint, serverMessage } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import type { ServerTlsWords } from "../draft/tls/server-tls-draft.ts";
import { basedPath, FileFault, readAuthorities, readRevocations } from "../tls/authorities.ts";
import { readAlpn } from "../tls/offer.ts";
import { readVersion, setVersionFlag, versionFlags } from "../tls/versions.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import { maybeText, text, type WordSchema } from "../row/value.ts";
import { type ServerLine, serverWarning } from "./server-rows.ts";

const { works } = optionsOf<ServerLine>("server");

type Tls = ServerTlsWords;

function note({ settings }: ServerLine, { statement, keyword }: OptionLine, refusal: string | null): void {
  settings.tls.said.set(keyword.text, { statement, keyword, refusal });
}

/** A word by itself. */
const flag = (name: string, help: string, set: (tls: Tls) => void): OptionRow<ServerLine> =>
  works(name, {
    tier: "C",
    help,
    takes: [],
    land(target, _values, line) {
      note(target, line, null);
      set(target.settings.tls);
    },
  });

/** A word with a value behind it. */
const valued = <Value extends WordSchema>(
  name: string,
  usage: string,
  help: string,
  takes: Value,
  set: (tls: Tls, value: InferOutput<Value>, line: OptionLine, target: ServerLine) => void,
): OptionRow<ServerLine> =>
  works(name, {
    usage,
    tier: "C",
    help,
    takes: [takes],
    land(target, [value], line) {
      note(target, line, null);
      set(target.settings.tls, value as InferOutput<Value>, line, target);
    },
  });

/** A file of authorities or revocations, read where it is named. HAProxy says of one that it cannot read in two messages. */
const file = (
  name: "ca-file" | "crl-file",
  usage: string,
  help: string,
  missing: string,
  field: "authorities" | "revocations",
  read: (draft: Draft, path: string) => string,
): OptionRow<ServerLine> =>
  valued(name, usage, help, text(`'${name}' : missing ${missing}`), (tls, path, line, { label }) => {
    const { draft, statement, keyword, rest } = line;
    const { diagnostics } = draft;
    tls[field] = basedPath(draft.global.tls.caBase, path);
    try {
      read(draft, path);
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      serverMessage(diagnostics, "alert", statement, label + error.message, rest[0] ?? keyword);
      diagnostics.add({
        level: "alert",
        text: `'${name}' : unable to load ${tls[field]}.`,
        pointer: null,
        advice: null,
      });
    }
  });

/** A list that OpenSSL reads; whether it can is seen once TLS is spoken. */
const listed = (
  name: string,
  field: "ciphers" | "ciphersuites" | "curves" | "sigalgs",
  help: string,
  missing: string,
): OptionRow<ServerLine> =>
  valued(name, "<list>", help, text(`'${name}' : missing ${missing}`), (tls, value) => void (tls[field] = value));

const version = (name: "ssl-min-ver" | "ssl-max-ver", end: "min" | "max", help: string): OptionRow<ServerLine> =>
  valued(
    name,
    "SSLv3|TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3",
    help,
    text(`'${name}' : missing the ssl/tls version`),
    (tls, value, line) => {
      const read = readVersion(value);
      if (read === null) throw new Complaint(`'${value}' : unknown ssl/tls version`, line.rest[0] ?? null);
      tls.versions[end] = read;
    },
  );

const protocols = (name: "alpn" | "check-alpn", field: "alpn" | "checkAlpn", help: string): OptionRow<ServerLine> =>
  valued(
    name,
    "<protocol>[,…]",
    help,
    text(`'${name}' : missing the comma-delimited ALPN protocol suite`),
    (tls, value) => void (tls[field] = readAlpn(value)),
  );

/** A word that is refused where TLS is spoken, and means nothing where it is not. */
function withoutSupport(
  name: string,
  usage: string,
  entry: { readonly help: string; readonly reason: string; readonly advice: string; readonly missing?: string },
): OptionRow<ServerLine> {
  const { refused } = optionsOf<ServerLine>("server");
  const { help, reason, advice, missing } = entry;
  return {
    ...refused(name, { usage, tier: "C", help, reason, advice }),
    read(target, line) {
      if (missing !== undefined && (line.rest[0]?.text ?? "") === "") throw new Complaint(missing, line.keyword);
      note(target, line, advice);
      return usage === "" ? 0 : 1;
    },
  };
}

const refusedRows: readonly OptionRow<ServerLine>[] = [
  withoutSupport("allow-0rtt", "", {
    help: "Sends a client's early data early.",
    reason: "early data can be replayed by whoever saw it",
    advice: "remove it: data is sent once the handshake is over",
  }),
  withoutSupport("npn", "<protocol>[,…]", {
    help: "Protocols, by an extension that TLS no longer has.",
    reason: "ALPN took its place",
    advice: "use `alpn`",
    missing: "'npn' : missing the comma-delimited NPN protocol suite",
  }),
  withoutSupport("ech", "<configuration>", {
    help: "Hides the name asked for (HAProxy 3.3 and later).",
    reason: "the engines of TLS that run here do not offer it",
    advice: "remove it: the name is sent in clear text then",
  }),
  withoutSupport("client-sigalgs", "<list>", {
    help: "Signatures with which our certificate is shown (HAProxy 2.8 and later).",
    reason: "the engine chooses them by the certificate's key",
    advice: "remove it, or say `sigalgs`",
  }),
];

const spokenRows: readonly OptionRow<ServerLine>[] = [
  flag("ssl", "Speaks TLS with the server.", (tls) => (tls.isSpoken = true)),
  flag("no-ssl", "Turns `ssl` of default-server off.", (tls) => (tls.isSpoken = false)),
  flag("check-ssl", "Checks speak TLS, at whatever port.", (tls) => (tls.check = true)),
  flag("no-check-ssl", "Checks speak no TLS.", (tls) => (tls.check = false)),
  valued(
    "verify",
    "none|required",
    "Whether the server's certificate is verified.",
    maybeText(),
    (tls, value, line) => {
      if (value === "") throw new Complaint("'verify' : missing verify method", line.keyword);
      if (value !== "none" && value !== "required") {
        const text = `'verify' : unknown verify method '${value}', only 'none' and 'required' are supported`;
        throw new Complaint(text, line.rest[0] ?? null);
      }
      tls.verify = value;
    },
  ),
  file(
    "ca-file",
    "<file>|@system-ca",
    "Certificates that the server's is verified by.",
    "CAfile path",
    "authorities",
    readAuthorities,
  ),
  file(
    "crl-file",
    "<file>",
    "Lists of certificates that were revoked.",
    "CRLfile path",
    "revocations",
    readRevocations,
  ),
  valued(
    "crt",
    "<file>",
    "Certificate and key shown to a server that asks for them.",
    text("'crt' : missing certificate file path"),
    (tls, value) => void (tls.certificate = value),
  ),
  valued(
    "verifyhost",
    "<name>",
    "Name that has to stand in the server's certificate.",
    text("'verifyhost' : missing hostname to verify against"),
    (tls, value) => void (tls.verifyHost = value.toLowerCase()),
  ),
  valued(
    "sni",
    "<sample>",
    "Name asked for, a sample of each session; it has to stand in the certificate, too.",
    text("'sni' : missing sni expression"),
    (tls, _value, { statement, keyword, rest: [word = keyword] }) => void (tls.sni = { statement, word }),
  ),
  valued(
    "check-sni",
    "<name>",
    "Name that checks ask for.",
    text("'check-sni' : missing SNI"),
    (tls, value) => void (tls.checkSni = value),
  ),
];

/** On `default-server` HAProxy says of a word that it does not take it, calls that an alert, and goes on. */
function notByDefault(row: OptionRow<ServerLine>): OptionRow<ServerLine> {
  return {
    ...row,
    read(target, line) {
      if (!target.isDefault) return row.read(target, line);
      serverWarning(line, `'${row.name}' option is not accepted in default-server sections`);
      return 0;
    },
  };
}

const offerRows: readonly OptionRow<ServerLine>[] = [
  protocols("alpn", "alpn", "Protocols offered to the server."),
  protocols("check-alpn", "checkAlpn", "Protocols that checks offer."),
  listed("ciphers", "ciphers", "Ciphers up to TLS 1.2.", "cipher suite"),
  listed("ciphersuites", "ciphersuites", "Ciphers of TLS 1.3.", "cipher suite"),
  listed("curves", "curves", "Groups for the exchange of keys (HAProxy 3.0 and later).", "curve suite"),
  listed("sigalgs", "sigalgs", "Signatures taken of the server (HAProxy 2.8 and later).", "signature algorithm list"),
  version("ssl-min-ver", "min", "Oldest version of TLS."),
  version("ssl-max-ver", "max", "Newest version of TLS."),
  ...versionFlags.map((name) =>
    name.startsWith("no-")
      ? notByDefault(flag(name, "Leaves out a version of TLS.", ({ versions }) => setVersionFlag(versions, name)))
      : flag(name, "Speaks one version of TLS only.", ({ versions }) => setVersionFlag(versions, name)),
  ),
  flag("no-ssl-reuse", "Every connection makes a handshake of its own.", (tls) => (tls.reuse = false)),
  flag("ssl-reuse", "Turns `no-ssl-reuse` off.", (tls) => (tls.reuse = true)),
  flag("no-tls-tickets", "Takes no session tickets.", (tls) => (tls.tickets = false)),
  flag("tls-tickets", "Turns `no-tls-tickets` off.", (tls) => (tls.tickets = true)),
];

/** Rows about TLS. */
export const serverTlsRows: readonly OptionRow<ServerLine>[] = [...spokenRows, ...offerRows, ...refusedRows];
