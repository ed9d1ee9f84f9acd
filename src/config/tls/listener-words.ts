/** Words of TLS that stand on `bind` lines and, for one certificate, in the brackets of a `crt-list` (manual, 5.1). */
import type { ListenerWords } from "../draft/tls/bind-tls-draft.ts";
import type { Draft } from "../draft/draft.ts";
import { Complaint } from "../text/complaint.ts";
import { readAuthorities, readRevocations } from "./authorities.ts";
import { readAlpn } from "./offer.ts";
import { readVersion } from "./versions.ts";

/** One word: what may follow it, and where that lands. */
export interface ListenerWord {
  readonly name: string;
  readonly help: string;
  readonly usage: string;
  /** What is missing where nothing follows. */
  readonly missing: string;
  /** Whether a line of a `crt-list` may have it. */
  readonly ofEntry: boolean;
  /** Throws a Complaint without a word. */
  readonly set: (words: ListenerWords, value: string, draft: Draft) => void;
}

const list = (
  name: string,
  field: "ciphers" | "ciphersuites" | "sigalgs",
  missing: string,
  help: string,
  ofEntry = true,
): ListenerWord => ({
  name,
  help,
  usage: "<list>",
  missing,
  ofEntry,
  set: (words, value) => void (words[field] = value),
});

const version = (name: "ssl-min-ver" | "ssl-max-ver", end: "min" | "max", help: string): ListenerWord => ({
  name,
  help,
  usage: "SSLv3|TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3",
  missing: "missing the ssl/tls version",
  ofEntry: true,
  set(words, value) {
    const read = readVersion(value);
    if (read === null) throw new Complaint(`'${value}' : unknown ssl/tls version`);
    words.versions[end] = read;
  },
});

const file = (
  name: string,
  field: "authorities" | "unnamedAuthorities" | "revocations",
  missing: string,
  help: string,
): ListenerWord => ({
  name,
  help,
  usage: "<file>",
  missing,
  ofEntry: true,
  set(words, value, draft) {
    words[field] = field === "revocations" ? readRevocations(draft, value) : readAuthorities(draft, value);
  },
});

/** All of them. */
export const listenerWords: readonly ListenerWord[] = [
  {
    name: "alpn",
    help: "Protocols that clients may choose by ALPN, most wanted first; HTTP/2 is left out.",
    usage: "<protocol>[,…]",
    missing: "missing the comma-delimited ALPN protocol suite",
    ofEntry: true,
    set: (words, value) => void (words.alpn = readAlpn(value)),
  },
  file(
    "ca-file",
    "authorities",
    "missing CAfile path",
    "Authorities of clients' certificates; clients are told their names.",
  ),
  file(
    "ca-verify-file",
    "unnamedAuthorities",
    "missing CAfile path",
    "Further authorities, whose names clients are not told.",
  ),
  file("crl-file", "revocations", "missing CRLfile path", "Lists of clients' certificates that were revoked."),
  {
    name: "verify",
    help: "Whether clients are asked for a certificate, and whether they must have one.",
    usage: "none|optional|required",
    missing: "missing verify method",
    ofEntry: true,
    set(words, value) {
      if (value !== "none" && value !== "optional" && value !== "required") {
        throw new Complaint(
          `'verify' : unknown verify method '${value}', only 'none', 'optional', and 'required' are supported`,
        );
      }
      words.verify = value;
    },
  },
  list("ciphers", "ciphers", "missing cipher suite", "Ciphers up to TLS 1.2, in OpenSSL's notation."),
  list(
    "ciphersuites",
    "ciphersuites",
    "missing cipher suite",
    "Ciphers of TLS 1.3: those that the runtime offers must be among them.",
  ),
  {
    name: "curves",
    help: "Curves for the exchange of keys.",
    usage: "<list>",
    missing: "missing curve suite",
    ofEntry: true,
    set(words, value) {
      words.curves = value;
      words.hasOneCurve = false;
    },
  },
  {
    name: "ecdhe",
    help: "The one curve for the exchange of keys.",
    usage: "<curve>",
    missing: "missing named curve",
    ofEntry: true,
    set(words, value) {
      words.curves = value;
      words.hasOneCurve = true;
    },
  },
  list("sigalgs", "sigalgs", "missing signature algorithm list", "Signatures (HAProxy 2.8 and later).", false),
  version("ssl-min-ver", "min", "Oldest version of TLS."),
  version("ssl-max-ver", "max", "Newest version of TLS."),
];
