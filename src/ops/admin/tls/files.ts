/** Commands that change the files of TLS: certificates, authorities and lists of revoked certificates (management guide, "set ssl cert"). */
import type { CertificateParts, PemParts, PublicTls, Refusal, TlsFileSet } from "../../../proxy/public.ts";
import { singleLine } from "../../log/syslog.ts";
import { type Answer, err, notice } from "../answer.ts";
import type { AdminCommand } from "../command.ts";
import type { AdminSources, TlsPayloads } from "../sources.ts";

/** What a payload comes to: the name of its file, and what that is to hold. */
interface Prepared<Parts> {
  readonly name: string;
  readonly parts: Parts;
}

/** A kind of files, and HAProxy's words for it. */
interface Kind<Parts> {
  readonly word: "cert" | "ca-file" | "crl-file";
  /** Within a sentence, and at the beginning of one. */
  readonly noun: string;
  readonly title: string;
  readonly argument: string;
  readonly payload: string;
  readonly transaction: readonly [created: string, updated: string];
  readonly created: (name: string) => string;
  readonly newHelp: string;
  readonly shortName: string;
  readonly files: (tls: PublicTls) => TlsFileSet<Parts>;
  /** The file that a command names. */
  readonly fileOf: (files: TlsFileSet<Parts>, asked: string) => string;
  readonly prepare: (
    asked: Prepared<Parts | null>,
    name: string,
    payload: string,
    judge: TlsPayloads,
  ) => Parts | Refusal;
  readonly complaint: (name: string, parts: Parts, judge: TlsPayloads) => string | null;
}

const certificates: Kind<CertificateParts> = {
  word: "cert",
  noun: "certificate",
  title: "Certificate",
  argument: "certfile",
  payload: "a certificate",
  transaction: ["Transaction created for certificate", "Transaction updated for certificate"],
  created: (name) => `New empty certificate store '${name}'!\n`,
  newHelp: "create a new certificate file to be used in a crt-list or a directory",
  shortName: "certificate",
  files: (tls) => tls.certificates,
  fileOf: certificateOf,
  prepare: prepareCertificate,
  complaint: (name, parts, judge) => judge.certificateComplaint(name, parts),
};

/** What differs between the two kinds of files that are read as they stand. */
const pemKind = (
  word: "ca-file" | "crl-file",
  short: "CA" | "CRL",
  files: (tls: PublicTls) => TlsFileSet<PemParts>,
  read: (judge: TlsPayloads, text: string) => string | null,
): Kind<PemParts> => ({
  word,
  noun: `${short} file`,
  title: `${short} file`,
  argument: word.replace("-", ""),
  payload: `${short}s`,
  transaction: [`transaction created for ${short}`, `transaction updated for ${short}`],
  created: (name) => `New ${short} file created '${name}'!\n`,
  newHelp: `create a new ${short} file to be used in a crt-list`,
  shortName: `${short} file`,
  files,
  fileOf: (_files, asked) => asked,
  prepare(_asked, _name, payload, judge) {
    const pem = read(judge, payload);
    return pem === null ? { refused: "Invalid payload" } : { pem };
  },
  complaint: () => null,
});

/** Every command that changes a file. */
export const tlsFileCommands: readonly AdminCommand[] = [
  ...commandsOf(certificates),
  ...commandsOf(
    pemKind(
      "ca-file",
      "CA",
      (tls) => tls.authorities,
      (judge, text) => judge.authorities(text),
    ),
  ),
  ...commandsOf(
    pemKind(
      "crl-file",
      "CRL",
      (tls) => tls.revocations,
      (judge, text) => judge.revocations(text),
    ),
  ),
];

function commandsOf<Parts>(kind: Kind<Parts>): AdminCommand[] {
  const { word, argument, shortName } = kind;
  const command = (
    verb: string,
    usage: string,
    help: string,
    answer: (
      files: TlsFileSet<Parts>,
      name: string | undefined,
      sources: AdminSources,
      payload: string | null,
    ) => Answer,
  ): AdminCommand => ({
    words: [verb, "ssl", word],
    usage: `${verb} ssl ${word} ${usage}`,
    help,
    level: "admin",
    run: ([name], sources, _session, payload) => answer(kind.files(sources.info.proxy.tls), name, sources, payload),
  });
  const named = `<${argument}>`;
  return [
    command(
      "set",
      `${named} <payload>`,
      `replace a ${shortName}${word === "cert" ? " file" : ""}`,
      (files, name, sources, payload) => set(kind, files, name, payload, sources),
    ),
    command("commit", named, `commit a ${shortName}${word === "cert" ? " file" : ""}`, (files, name, sources) =>
      commit(kind, files, name, sources),
    ),
    command("abort", named, `abort a transaction for a ${shortName}${word === "cert" ? " file" : ""}`, (files, name) =>
      abort(kind, files, name),
    ),
    command("new", named, kind.newHelp, (files, name) => create(kind, files, name)),
    command("del", named, `delete an unused ${shortName}${word === "cert" ? " file" : ""}`, (files, name) =>
      remove(kind, files, name),
    ),
  ];
}

/** Begins a transaction, or changes the one under way. HAProxy 2.6 changes that of another certificate, too, when one is set meanwhile: not so here. */
function set<Parts>(
  kind: Kind<Parts>,
  files: TlsFileSet<Parts>,
  asked: string | undefined,
  payload: string | null,
  { tlsPayloads }: AdminSources,
): Answer {
  if (asked === undefined || payload === null) {
    return err(`'set ssl ${kind.word} expects a filename and ${kind.payload} as a payload\n`);
  }
  const refuse = (text: string): Answer => err(`${text}\nCan't update ${singleLine(asked)}!\n`);
  const name = kind.fileOf(files, asked);
  const { transaction } = files;
  if (transaction !== null && transaction.name !== name) {
    return refuse(`${ongoing(transaction.name)} set '${singleLine(name)}'`);
  }
  const now = transaction === null ? files.get(name) : transaction.parts;
  if (now === undefined) return refuse(`Can't replace a ${kind.noun} which is not referenced by the configuration!`);
  const parts = kind.prepare({ name, parts: now }, asked, payload, tlsPayloads);
  if (isRefusal(parts)) return refuse(parts.refused);
  files.prepare(name, parts);
  return notice(`${kind.transaction[transaction === null ? 0 : 1]} ${singleLine(name)}!\n`);
}

function isRefusal(outcome: unknown): outcome is Refusal {
  return typeof outcome === "object" && outcome !== null && "refused" in outcome;
}

const ongoing = (name: string): string =>
  `The ongoing transaction is about '${singleLine(name)}' but you are trying to`;

/** As in HAProxy, `F.key` and its like mean a part of `F`, where no file is called so itself. */
const extensions = [".key", ".issuer", ".ocsp", ".sctl"] as const;

function certificateOf(files: TlsFileSet<CertificateParts>, asked: string): string {
  if (files.get(asked) !== undefined) return asked;
  const extension = extensions.find((one) => asked.endsWith(one));
  if (extension === undefined) return asked;
  const base = asked.slice(0, -extension.length);
  // With `ssl-load-extra-del-ext`, `F.key` goes with `F.crt`.
  const found = [base, `${base}.crt`].find((name) => files.get(name) !== undefined);
  return found ?? asked;
}

function prepareCertificate(
  { name, parts: now }: Prepared<CertificateParts | null>,
  asked: string,
  payload: string,
  judge: TlsPayloads,
): CertificateParts | Refusal {
  const extension = asked === name ? undefined : extensions.find((one) => asked.endsWith(one));
  const kept = now ?? { chain: null, key: null };
  switch (extension) {
    case ".ocsp":
      return { refused: "OCSP answers are not stapled." };
    case ".sctl":
      return { refused: "Timestamps of certificates are sent only within them." };
    case ".issuer": {
      const complaint = judge.issuerComplaint(name, payload);
      return complaint === null ? kept : unloaded(complaint);
    }
    case ".key": {
      const read = judge.key(name, payload);
      return "refused" in read ? unloaded(read.refused) : { ...kept, ...read };
    }
    default: {
      const read = judge.certificate(name, payload);
      return "refused" in read ? unloaded(read.refused) : read;
    }
  }
}

const unloaded = (why: string): Refusal => ({ refused: `${why}\nCan't load the payload` });

/** Holds for all handshakes from here on. A dot for each place where it is used, as HAProxy shows its progress. */
function commit<Parts>(
  kind: Kind<Parts>,
  files: TlsFileSet<Parts>,
  name: string | undefined,
  { tlsPayloads }: AdminSources,
): Answer {
  if (name === undefined) return err(`'commit ssl ${kind.word} expects a filename\n`);
  const refuse = (text: string): Answer => err(`${text}\nCan't commit ${singleLine(name)}!\n`);
  const { transaction } = files;
  if (transaction === null) return refuse("No ongoing transaction! !");
  if (transaction.name !== name) return refuse(`${ongoing(transaction.name)} set '${singleLine(name)}'`);
  const complaint = kind.complaint(name, transaction.parts, tlsPayloads);
  if (complaint !== null) return refuse(complaint);
  files.commit();
  return `Committing ${singleLine(name)}${".".repeat(files.uses(name))}\nSuccess!\n`;
}

function abort<Parts>({ word }: Kind<Parts>, files: TlsFileSet<Parts>, name: string | undefined): Answer {
  if (name === undefined) return err(`'abort ssl ${word}' expects a filename\n`);
  const { transaction } = files;
  if (transaction === null) return err("No ongoing transaction!\n");
  if (transaction.name !== name) {
    return err(`${ongoing(transaction.name)} abort a transaction for '${singleLine(name)}'\n`);
  }
  files.abort();
  return notice(`Transaction aborted for certificate '${singleLine(name)}'!\n`);
}

function create<Parts>(kind: Kind<Parts>, files: TlsFileSet<Parts>, name: string | undefined): Answer {
  if (name === undefined) return err(`'new ssl ${kind.word}' expects a filename\n`);
  if (files.get(name) !== undefined) return err(`${kind.title} '${singleLine(name)}' already exists!\n`);
  files.create(name);
  return notice(kind.created(singleLine(name)));
}

function remove<Parts>(kind: Kind<Parts>, files: TlsFileSet<Parts>, name: string | undefined): Answer {
  const { noun } = kind;
  if (name === undefined) return err(`'del ssl ${kind.word}' expects a ${noun} name\n`);
  const shown = singleLine(name);
  const refuse = (why: string): Answer => err(`Can't remove the ${noun}: ${why}\n`);
  if (files.transaction?.name === name) return refuse(`ongoing transaction for the ${noun} '${shown}'`);
  if (files.get(name) === undefined) return refuse(`${noun} '${shown}' doesn't exist!\n`);
  if (files.uses(name) > 0) return refuse(`${noun} '${shown}' in use, can't be deleted!\n`);
  files.remove(name);
  return notice(`${kind.title} '${shown}' deleted!\n`);
}
