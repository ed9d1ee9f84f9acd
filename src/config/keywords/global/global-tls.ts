/** Keywords of the `global` section about TLS with clients, and about the files that both sides name (manual, 3.1 and 3.2). */
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import type { ExtraFile } from "../../draft/tls/tls-words.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { anyWords, integer, maybeText, text, time, timeOf, words } from "../../row/value.ts";
import { issuerChain } from "../../tls/certificate.ts";
import { readVersion, setVersionFlag, versionFlags } from "../../tls/versions.ts";
import { firstWord } from "./idle-groups.ts";

const { works } = rowsOf<Draft>("global");

const listed = (
  end: string,
  field: "ciphers" | "ciphersuites" | "curves" | "sigalgs",
  what: string,
  help: string,
): Row<Draft> =>
  works(`ssl-default-bind-${end}`, {
    usage: "<list>",
    tier: "A",
    help,
    words: words(`ssl-default-bind-${end}`, [text(`global statement 'ssl-default-bind-${end}' expects ${what}.`)]),
    land: ({ global: { tls } }, [value]) => void (tls.bind[field] = value),
  });

const base = (name: "ca-base" | "crt-base", field: "caBase" | "crtBase", help: string): Row<Draft> =>
  works(name, {
    usage: "<directory>",
    tier: "A",
    help,
    words: words(name, [text(`global statement '${name}' expects a directory path as an argument.`)]),
    land: ({ global: { tls } }, [value], line) => {
      if (tls[field] !== "") throw new Complaint(`'${name}' already specified.`, line.keyword);
      tls[field] = value;
    },
  });

const bindOptions = "ssl-default-bind-options";

/** Reads the options of all listeners. Throws a Complaint. */
function landOptions({ global: { tls } }: Draft, line: Line): void {
  const { bind } = tls;
  const { versions } = bind;
  if (firstWord(line) === "") {
    throw new Complaint(`global statement '${bindOptions}' expects an option as an argument.`, line.keyword);
  }
  for (let index = 0; index < line.words.length; index++) {
    const word = line.words[index];
    if (word === undefined) break;
    const { text: name } = word;
    if (name === "no-tls-tickets") bind.tickets = false;
    else if (name === "tls-tickets") bind.tickets = true;
    else if (name === "prefer-client-ciphers") bind.prefersClientCiphers = true;
    else if (name === "strict-sni") bind.strictSni = true;
    else if (name === "no-strict-sni") bind.strictSni = false;
    else if (versionFlags.includes(name)) setVersionFlag(versions, name);
    else if (name === "ssl-min-ver" || name === "ssl-max-ver") {
      index += 1;
      const said = line.words[index];
      const end = `on global statement '${bindOptions}'.`;
      if (said === undefined) throw new Complaint(`'${name}' : missing the ssl/tls version ${end}`, word);
      const version = readVersion(said.text);
      if (version === null) throw new Complaint(`'${said.text}' : unknown ssl/tls version ${end}`, said);
      versions[name === "ssl-min-ver" ? "min" : "max"] = version;
    } else throw new Complaint(`unknown option '${name}' on global statement '${bindOptions}'.`, word);
  }
}

const extraFiles: readonly ExtraFile[] = ["bundle", "sctl", "ocsp", "issuer", "key"];

/** Reads which files beside certificates count. Throws a Complaint. */
function landExtraFiles({ global: { tls } }: Draft, line: Line): void {
  const names = line.words.map((word) => word.text);
  const wrong = names.find((name) => !["none", "all", ...extraFiles].includes(name));
  if (names.length === 0 || wrong !== undefined) {
    throw new Complaint(
      "'ssl-load-extra-files' expects one or multiple arguments (none, all, bundle, sctl, ocsp, issuer).",
      line.words.find((word) => word.text === wrong) ?? line.keyword,
    );
  }
  tls.extraFiles = new Set(names.includes("all") ? extraFiles : extraFiles.filter((one) => names.includes(one)));
}

/** Reads the chains of a folder of issuers. What is none HAProxy warns of, and so of one that came before. Throws a Complaint. */
function landIssuers({ files, diagnostics, global: { tls } }: Draft, folder: string, line: Line): void {
  const found = files.look(folder);
  const statement = "global statement 'issuers-chain-path'";
  const [word = line.keyword] = line.words;
  if (found.kind === "file") throw new Complaint(`${statement}: ${folder} is not a directory.\n`, word);
  if (found.kind === "none") throw new Complaint(`${statement} expects a directory path as an argument.\n`, word);
  const known = new Map<string, string>();
  const warn = (said: string): void => diagnostics.add({ level: "warning", text: said, pointer: null, advice: null });
  const chains = found.names.toSorted().flatMap((name) => {
    const path = `${folder}/${name}`;
    if (name.startsWith(".") || files.look(path).kind !== "file") return [];
    const chain = issuerChain(files.read(path) ?? "");
    const [first] = chain;
    if (first === undefined) {
      warn(`unable to load issuers-chain ${path} : pem certificate not found.`);
      return [];
    }
    const before = known.get(first.fingerprint256);
    if (before !== undefined) {
      warn(`duplicate issuers-chain ${path}: ${before} already in store`);
      return [];
    }
    known.set(first.fingerprint256, path);
    return [chain];
  });
  tls.issuers = [...tls.issuers, ...chains];
}

const fileRows: readonly Row<Draft>[] = [
  base("ca-base", "caBase", "Where authorities and lists of revocations are whose paths are relative."),
  base("crt-base", "crtBase", "Where certificates are whose paths are relative."),
  works("ssl-load-extra-files", {
    usage: "none|all|bundle|key …",
    tier: "B",
    help: "Which files beside a certificate are looked for.",
    words: anyWords(),
    land: (draft, _values, line) => landExtraFiles(draft, line),
  }),
  works("ssl-load-extra-del-ext", {
    tier: "B",
    help: "Looks for `x.key` beside `x.crt`, not `x.crt.key`.",
    words: anyWords(),
    land: ({ global: { tls } }) => void (tls.replacesExtension = true),
  }),
  works("ssl-skip-self-issued-ca", {
    tier: "C",
    help: "Sends no certificate of a chain that signed itself.",
    words: anyWords(),
    land: ({ global: { tls } }) => void (tls.skipsSelfIssued = true),
  }),
  works("issuers-chain-path", {
    usage: "<directory>",
    tier: "C",
    help: "Chains for certificates that come without theirs.",
    words: words("issuers-chain-path", [maybeText()]),
    land(draft, [folder], line) {
      landIssuers(draft, folder, line);
    },
  }),
];

/** The rows of this file. */
export const globalTlsRows: readonly Row<Draft>[] = [
  listed("ciphers", "ciphers", "a cipher suite as an argument", "Ciphers of all listeners up to TLS 1.2."),
  listed("ciphersuites", "ciphersuites", "a cipher suite as an argument", "Ciphers of all listeners in TLS 1.3."),
  listed("curves", "curves", "a curves suite as an arguments", "Curves of all listeners."),
  listed(
    "sigalgs",
    "sigalgs",
    "a signature algorithms list as an argument",
    "Signatures of all listeners (HAProxy 2.8 and later).",
  ),
  works(bindOptions, {
    usage: "<option> …",
    tier: "A",
    help: "Versions of TLS of all listeners, and whether they give tickets.",
    words: anyWords(),
    land: (draft, _values, line) => landOptions(draft, line),
  }),
  ...fileRows,
  works("maxsslconn", {
    usage: "<number>",
    tier: "C",
    help: "Connections with TLS at once, on both sides together; 0 is no limit.",
    words: words("maxsslconn", [
      integer({
        name: "maxsslconn",
        missing: "'maxsslconn' expects an integer argument.",
        min: { value: 0, message: () => "'maxsslconn' expects a positive numeric value." },
      }),
    ]),
    land: ({ global }, [value]) => void (global.maxSslConn = value),
  }),
  works("maxsslrate", {
    usage: "<number>",
    tier: "C",
    help: "Handshakes with clients that begin in a second; 0 is no limit.",
    words: words("maxsslrate", [integer({ name: "maxsslrate", missing: "'maxsslrate' expects an integer argument." })]),
    land: ({ global }, [value]) => void (global.maxSslRate = Math.max(0, value)),
  }),
  works("tune.ssl.lifetime", {
    usage: "<time>",
    hasTimes: true,
    tier: "C",
    help: "How long a session of TLS may be resumed.",
    words: words("tune.ssl.lifetime", [
      time({
        ...timeOf("tune.ssl.lifetime", "'tune.ssl.lifetime' expects ssl sessions <lifetime> in seconds as argument."),
        unit: "s",
      }),
    ]),
    // None of no time: an engine would take its own.
    land: ({ global: { tls } }, [ms]) => void (tls.sessionSeconds = Math.max(1, Math.ceil(ms / 1000))),
  }),
];
