/** `show ssl cert`, `show ssl ca-file`, `show ssl crl-file`: the files of TLS and what is in them, never their keys. */
import type { CertificateDetails, PublicTls, RevocationDetails, TlsFileSet } from "../../../proxy/public.ts";
import type { Rows } from "../../answers/slices.ts";
import { singleLine } from "../../log/syslog.ts";
import { type Answer, err } from "../answer.ts";
import type { AdminCommand } from "../command.ts";

/** The three of them. HAProxy lets the level user give them as well, and then fails. */
export const showTlsFileCommands: readonly AdminCommand[] = [
  show(
    "cert",
    "[<certfile>]",
    "display the SSL certificates used in memory, or the details of a file",
    showCertificate,
  ),
  show(
    "ca-file",
    "[<cafile>[:<index>]]",
    "display the SSL CA files used in memory, or the details of a <cafile>, or a single certificate of index <index> of a CA file <cafile>",
    showAuthorities,
  ),
  show(
    "crl-file",
    "[<crlfile[:<index>>]]",
    "display the SSL CRL files used in memory, or the details of a <crlfile>, or a single CRL of index <index> of CRL file <crlfile>",
    showRevocations,
  ),
];

function show(
  word: string,
  usage: string,
  help: string,
  answer: (tls: PublicTls, name: string | undefined) => Answer,
): AdminCommand {
  return {
    words: ["show", "ssl", word],
    usage: `show ssl ${word} ${usage}`,
    help,
    level: "operator",
    run: ([name], { info }) => answer(info.proxy.tls, name),
  };
}

/** What is being prepared, then all that there are. `told`: what stands behind a name. */
function* listed<Parts>(files: TlsFileSet<Parts>, told: (parts: Parts | null) => string): Rows {
  const { transaction } = files;
  if (transaction !== null) {
    yield `# transaction\n*${singleLine(transaction.name)}${told(transaction.parts)}\n`;
  }
  yield "# filename\n";
  for (const name of files.names()) {
    const parts = files.get(name);
    yield parts === undefined ? "" : `${singleLine(name)}${told(parts)}\n`;
  }
}

interface Found<Parts> {
  readonly parts: Parts | null;
  /** The head of its answer. */
  readonly head: string;
}

/** `*NAME`: what is being prepared. Null: there is none of that name. */
function find<Parts>(files: TlsFileSet<Parts>, name: string, isEmpty: (parts: Parts) => boolean): Found<Parts> | null {
  const { transaction } = files;
  const isPrepared = name.startsWith("*");
  const prepared = transaction !== null && transaction.name === name.slice(1) ? transaction.parts : undefined;
  const parts = isPrepared ? prepared : files.get(name);
  if (parts === undefined) return null;
  const status = parts === null || isEmpty(parts) ? "Empty" : !isPrepared && files.uses(name) > 0 ? "Used" : "Unused";
  return { parts, head: `Filename: ${singleLine(name)}\nStatus: ${status}\n` };
}

function showCertificate(tls: PublicTls, name: string | undefined): Answer {
  const files = tls.certificates;
  if (name === undefined) return listed(files, () => "");
  const found = find(files, name, ({ chain }) => chain === null);
  if (found === null) return err("Can't display the certificate: Not found or the certificate is a bundle!\n");
  return certificateRows(found.head, tls.certificatesIn(found.parts?.chain ?? ""));
}

function* certificateRows(head: string, chain: Iterable<CertificateDetails>): Rows {
  yield head;
  let isFirst = true;
  for (const one of chain) {
    yield isFirst
      ? details(one)
      : `Chain Subject: ${singleLine(one.subject)}\nChain Issuer: ${singleLine(one.issuer)}\n`;
    isFirst = false;
  }
  yield "OCSP Response Key: \n";
}

function details(one: CertificateDetails): string {
  return [
    `Serial: ${one.serial}`,
    `notBefore: ${one.notBefore}`,
    `notAfter: ${one.notAfter}`,
    `Subject Alternative Name: ${one.alternativeNames}`,
    `Algorithm: ${one.algorithm}`,
    `SHA1 FingerPrint: ${one.sha1}`,
    `Subject: ${one.subject}`,
    `Issuer: ${one.issuer}`,
  ]
    .map((line) => `${singleLine(line)}\n`)
    .join("");
}

/** `NAME:INDEX`, of a file that is not called so itself; from 1 on. Index null: all. */
function indexed(
  files: TlsFileSet<unknown>,
  asked: string,
): { readonly name: string; readonly index: number | null; readonly isWrong: boolean } {
  const colon = asked.lastIndexOf(":");
  const bare = asked.startsWith("*") ? asked.slice(1) : asked;
  const isWhole = files.get(bare) !== undefined || files.transaction?.name === bare;
  if (colon < 0 || isWhole) return { name: asked, index: null, isWrong: false };
  const text = asked.slice(colon + 1);
  const index = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
  return { name: asked.slice(0, colon), index, isWrong: index === null };
}

function showAuthorities(tls: PublicTls, asked: string | undefined): Answer {
  const files = tls.authorities;
  if (asked === undefined) {
    return listed(files, (parts) => ` - ${parts === null ? 0 : tls.count(parts.pem)} certificate(s)`);
  }
  const { name, index, isWrong } = indexed(files, asked);
  if (isWrong) return err(`wrong CA index after colons in '${singleLine(asked)}'!`);
  const found = find(files, name, () => false);
  if (found === null) return err("Can't display the CA file : Not found!\n");
  // Where there is nothing to show HAProxy leaves out the head, too.
  return numbered("", found.head, tls.certificatesIn(found.parts?.pem ?? ""), index, authorityRows);
}

function authorityRows(one: CertificateDetails, at: number): Rows {
  return [` \nCertificate #${at}:\n${details(one)}`];
}

function showRevocations(tls: PublicTls, asked: string | undefined): Answer {
  const files = tls.revocations;
  if (asked === undefined) return listed(files, () => "");
  const { name, index, isWrong } = indexed(files, asked);
  if (isWrong) return err(`wrong CRL index after colons in '${singleLine(asked)}'!`);
  const found = find(files, name, () => false);
  if (found === null) return err("Can't display the CRL file : Not found!\n");
  return numbered(found.head, "", tls.revocationsIn(found.parts?.pem ?? ""), index, revocationRows);
}

/** All, or the one of `index`. `firstHead` goes before the first that is shown. */
function* numbered<One>(
  head: string,
  firstHead: string,
  all: Iterable<One>,
  index: number | null,
  rows: (one: One, at: number) => Rows,
): Rows {
  yield head;
  let at = 0;
  let rest = firstHead;
  for (const one of all) {
    at += 1;
    yield "";
    if (index !== null && at !== index) continue;
    yield rest;
    rest = "";
    yield* rows(one, at);
    if (at === index) return;
  }
}

function* revocationRows(list: RevocationDetails, at: number): Rows {
  yield ` \nCertificate Revocation List #${at}:\nVersion ${list.version}\n`;
  yield `Signature Algorithm: ${list.signatureAlgorithm}\n${singleLine(`Issuer: ${list.issuer}`)}\n`;
  yield `Last Update: ${list.lastUpdate ?? ""}\nNext Update: ${list.nextUpdate ?? ""}\n`;
  let isFirst = true;
  for (const { serial, at: when } of list.revoked) {
    const line = `    Serial Number: ${serial}\n        Revocation Date: ${when ?? ""}\n`;
    yield isFirst ? `Revoked Certificates:\n${line}` : line;
    isFirst = false;
  }
  if (isFirst) yield "No Revoked Certificates.\n";
}
