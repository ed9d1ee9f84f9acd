/** A certificate with its key and chain, from one file or from those beside it, judged as HAProxy judges it (manual, 5.1, `crt`). */
import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { CertificatePlan } from "../../plan/tls.ts";
import type { Draft } from "../draft/draft.ts";
import type { TlsGlobals } from "../draft/tls/tls-words.ts";
import { Complaint, complain } from "../text/complaint.ts";
import type { Diagnostic } from "../text/diagnostics.ts";
import type { Statement, Word } from "../text/statement.ts";
import { certificateOf } from "./authorities.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";

/** Largest file of a certificate that is read. */
export const maxCertificateBytes = 1024 * 1024;

/** The line that names a file. */
export interface NamingLine {
  readonly draft: Draft;
  readonly statement: Statement;
  readonly word: Word | null;
  /** What stands before a warning about a list that it names; left out: nothing. */
  readonly where?: string;
}

/** Reads the certificate of this name into the draft's files, once. Throws a Complaint in HAProxy's words. */
export function readCertificate(name: string, line: NamingLine): void {
  const { certificates } = line.draft.tls;
  if (certificates.has(name)) return;
  const { leaf, chain, key } = load(name, line);
  tellOfDates(name, leaf, line);
  const { tls } = line.draft.global;
  certificates.set(name, { name, chain: sentChain(leaf, chain, tls), key: String(key) });
}

/** What is sent of a certificate, in PEM: with its chain, or one that is known of its issuer. */
export function sentChain(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  chains: Pick<TlsGlobals, "issuers" | "skipsSelfIssued">,
): CertificatePlan["chain"] {
  const whole = [leaf, ...(chain.length > 0 ? chain : issuersOf(leaf, chains))];
  const sent = whole.filter((one, index) => index === 0 || !chains.skipsSelfIssued || one.subject !== one.issuer);
  return sent.map(String).join("");
}

interface Loaded {
  readonly leaf: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly key: CertificatePlan["key"];
}

function load(name: string, line: NamingLine): Loaded {
  const blocks = pemBlocks(textOf(name, line));
  const { leaf, chain } = certificatesIn(name, blocks, line.word);
  const key = keyFor(name, blocks, line);
  if (!leaf.checkPrivateKey(key)) {
    throw new Complaint(`inconsistencies between private key and certificate loaded '${name}'.`, line.word);
  }
  const pem = key.export({ type: "pkcs8", format: "pem" });
  refuseWeak(name, leaf, String(pem), line.word);
  tellOfExtras(name, blocks, line);
  return { leaf, chain, key: String(pem) };
}

/** The certificate of a file, and its chain. Throws a Complaint. */
export function certificatesIn(name: string, blocks: readonly PemBlock[], word: Word | null): Omit<Loaded, "key"> {
  const unable = (what: string): Complaint => new Complaint(`unable to load ${what} from file '${name}'.`, word);
  const [leaf, ...chain] = blocks
    .filter(({ label }) => isCertificate.test(label))
    .map(({ der }) => (der === null ? null : certificateOf(der)));
  if (leaf === undefined || leaf === null) throw unable("certificate");
  const whole = chain.filter((one) => one !== null);
  if (whole.length < chain.length) throw unable("certificate chain");
  return { leaf, chain: whole };
}

/** The key of a file; null: it has none that can be read. */
export function keyIn(blocks: readonly PemBlock[]): KeyObject | null {
  const own = blocks.find(({ label }) => isKey.test(label));
  return own === undefined ? null : keyOf(own);
}

const isCertificate = /^(?:X509 |TRUSTED )?CERTIFICATE$/;
const isKey = /^(?:(?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY)$/;

function textOf(name: string, { draft, word }: NamingLine): string {
  const found = draft.files.look(name);
  if (found.kind === "none") {
    throw new Complaint(`unable to stat SSL certificate from file '${name}' : ${found.reason}.`, word);
  }
  const text = found.kind === "file" && found.bytes <= maxCertificateBytes ? draft.files.read(name) : null;
  if (text === null) throw new Complaint(`unable to load certificate from file '${name}'.`, word);
  return text;
}

/** The key among a file's blocks, or that of the file beside it. */
function keyFor(name: string, blocks: readonly PemBlock[], { draft, word }: NamingLine): KeyObject {
  const { tls } = draft.global;
  const own = blocks.find(({ label }) => isKey.test(label));
  const key = keyIn(blocks);
  if (key !== null) return key;
  if (!tls.extraFiles.has("key")) throw new Complaint(`No Private Key found in '${name}'.`, word, adviceFor(own));
  const beside = besideName(name, "key", tls);
  const found = draft.files.look(beside);
  if (found.kind === "none") throw new Complaint(`No Private Key found in '${beside}'.`, word, adviceFor(own));
  const text = found.kind === "file" && found.bytes <= maxCertificateBytes ? draft.files.read(beside) : null;
  const block = pemBlocks(text ?? "").find(({ label }) => isKey.test(label));
  const read = block === undefined ? null : keyOf(block);
  if (read !== null) return read;
  const lines = [
    "",
    `  unable to load private key from file '${beside}'.`,
    `   '${beside}' is present but cannot be read or parsed'.`,
  ];
  throw new Complaint(lines.join("\n"), word, adviceFor(block));
}

/** Why a key that is there is not read; null: there is none. */
function adviceFor(block: PemBlock | undefined): string | null {
  if (block === undefined) return null;
  return isEncrypted(block)
    ? "the key is encrypted, and nobody is there to say the passphrase: store it in clear text, readable by root alone"
    : `the runtime cannot read the key that is there: ${served}`;
}

const served = "keys of RSA, P-256, P-384, P-521 and Ed25519 are served";

/** Some runtimes would ask the terminal for its passphrase. */
function isEncrypted({ label, text }: PemBlock): boolean {
  return label.startsWith("ENCRYPTED") || text.includes("Proc-Type: 4,ENCRYPTED");
}

function keyOf(block: PemBlock): KeyObject | null {
  if (isEncrypted(block)) return null;
  try {
    return createPrivateKey(`${block.text}\n`);
  } catch {
    return null;
  }
}

/** What `x.crt` has beside it: `x.crt.key`, or `x.key`. */
export function besideName(name: string, extension: string, tls: Pick<TlsGlobals, "replacesExtension">): string {
  const slash = name.lastIndexOf("/");
  const dot = name.lastIndexOf(".");
  return `${tls.replacesExtension && dot > slash ? name.slice(0, dot) : name}.${extension}`;
}

/** OpenSSL's least size of an RSA key where nothing else is configured (security level 2), in bits. */
const leastRsaBits = 2048;

/** What HAProxy's OpenSSL would not serve, and what the runtime cannot. Throws a Complaint. */
export function refuseWeak(name: string, leaf: X509Certificate, key: string, word: Word | null): void {
  const text = `unable to load SSL certificate into SSL Context '${name}'.`;
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength ?? leastRsaBits;
  if (asymmetricKeyType?.startsWith("rsa") === true && bits < leastRsaBits) {
    throw new Complaint(text, word, `its key of ${bits} bits is too small: RSA needs ${leastRsaBits}`);
  }
  try {
    createSecureContext({ cert: leaf.toString(), key });
  } catch {
    throw new Complaint(text, word, `the runtime cannot serve a key of this kind: ${served}`);
  }
}

/** Files and blocks that HAProxy would use and that nothing is done with here. */
function tellOfExtras(name: string, blocks: readonly PemBlock[], line: NamingLine): void {
  const { draft, statement, word } = line;
  const tell = (text: string): void => complain(draft.diagnostics, "notice", statement, text, word);
  if (blocks.some(({ label }) => label === "DH PARAMETERS"))
    tell(`DH parameters in '${name}' are not used: ${onlyEcdhe}.`);
  const unused = [
    ["ocsp", "OCSP answers are not stapled"],
    ["sctl", "timestamps of certificates are sent only within them"],
  ] as const;
  for (const [extension, why] of unused) {
    if (!draft.global.tls.extraFiles.has(extension)) continue;
    const beside = besideName(name, extension, draft.global.tls);
    if (draft.files.look(beside).kind === "file") tell(`'${beside}' is not used: ${why}.`);
  }
}

/** What is said of whatever is for Diffie and Hellman without curves. */
export const onlyEcdhe = "keys are exchanged with ECDHE only";

function tellOfDates(name: string, leaf: X509Certificate, { draft, statement, word }: NamingLine): void {
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  const now = Date.now();
  const tell = (text: string): void => complain(draft.diagnostics, "notice", statement, text, word);
  if (now > to) tell(`the certificate '${name}' ${expired} ${day(to)}.`);
  if (now < from) tell(`the certificate '${name}' ${early} ${day(from)} on only.`);
}

const [expired, early] = ["has expired on", "is valid from"];

/** Whether a message is about a certificate whose time has gone, or has yet to come. */
export function isAboutDates({ text }: Pick<Diagnostic, "text">): boolean {
  return text.includes(" : the certificate '") && (text.includes(`' ${expired} `) || text.includes(`' ${early} `));
}

const day = (at: number): string => new Date(at).toISOString().slice(0, "2026-01-01".length);

/** The certificates of a file of issuers, of whom the first one signs; none: it is no such file. */
export function issuerChain(text: string): readonly X509Certificate[] {
  const chain = pemBlocks(text)
    .filter(({ label }) => isCertificate.test(label))
    .map(({ der }) => (der === null ? null : certificateOf(der)));
  return chain.includes(null) ? [] : chain.filter((one) => one !== null);
}

/** The chain of `issuers-chain-path` that begins with who issued a certificate; none: there is no such. */
function issuersOf(leaf: X509Certificate, { issuers }: Pick<TlsGlobals, "issuers">): readonly X509Certificate[] {
  if (leaf.subject === leaf.issuer) return [];
  return issuers.find(([first]) => first !== undefined && leaf.checkIssued(first)) ?? [];
}
