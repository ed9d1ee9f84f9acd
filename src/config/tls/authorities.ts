/** Files of authorities and of revoked certificates: `ca-file`, `ca-verify-file`, `crl-file` (manual, 5.1 and 5.2). */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { Complaint } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import type { PemFilePlan } from "../../plan/tls.ts";
import type { Found, NamedFiles } from "../text/named-files.ts";
import { pemBlocks } from "./pem.ts";

/** Largest file of authorities or of revocations that is read. */
export const maxAuthorityBytes = 64 * 1024 * 1024;

/** The system's own authorities, as `ca-file` may call them. */
export const systemAuthorities = "@system-ca";

/** Where systems keep them in one file; OpenSSL's own places. */
const systemFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/share/certs/ca-root-nss.crt",
] as const;

/** Thrown beside a Complaint's own text: HAProxy tells it first, in a message of its own. */
export class FileFault extends Complaint {
  constructor(
    text: string,
    /** As HAProxy calls it: with its base. */
    readonly file: string,
    /** The word that named it, with what stands before it in HAProxy's message; null: the line's own. */
    readonly keyword: string | null = null,
  ) {
    super(text);
  }
}

/** The path that `base` and a line's word make. */
export function basedPath(base: string, name: string): string {
  return base === "" || name.startsWith("/") || name.startsWith("@") ? name : `${base}/${name}`;
}

/** Reads `ca-file` and its like into the draft's files, and returns its name there. Throws a FileFault. */
export function readAuthorities(draft: Draft, word: string): string {
  const name = basedPath(draft.global.tls.caBase, word);
  const { authorities } = draft.tls;
  if (!authorities.has(name)) authorities.set(name, { name, pem: readBlocks(draft.files, name) });
  return name;
}

/** Reads `crl-file` the same way. */
export function readRevocations(draft: Draft, word: string): string {
  const name = basedPath(draft.global.tls.caBase, word);
  const { revocations } = draft.tls;
  if (!revocations.has(name)) revocations.set(name, { name, pem: readBlocks(draft.files, name) });
  return name;
}

/** Certificates and lists of revocations in a PEM text, one after the other; null where one is broken or none is there. */
export function authorityBlocks(text: string): PemFilePlan["pem"] | null {
  const blocks: string[] = [];
  for (const { label, text: block, der } of pemBlocks(text)) {
    if (/^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label)) {
      const certificate = der === null ? null : certificateOf(der);
      if (certificate === null) return null;
      blocks.push(certificate.toString().trimEnd());
    } else if (label === "X509 CRL") {
      if (!isRevocationList(block)) return null;
      blocks.push(block);
    }
  }
  return blocks.length === 0 ? null : `${blocks.join("\n")}\n`;
}

/** A certificate's DER; null where it is none. */
export function certificateOf(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

function isRevocationList(pem: string): boolean {
  try {
    createSecureContext({ crl: pem });
    return true;
  } catch {
    return false;
  }
}

function readBlocks(files: NamedFiles, name: string): string {
  const found = name === systemAuthorities ? systemText(files) : contentOf(files, name);
  const blocks = authorityBlocks(found);
  if (blocks === null) throw couldNot(name, "no certificate or crl found");
  return blocks;
}

/** A file's text, or those of a folder's files that are called like certificates, each by itself judged as HAProxy does. */
function contentOf(files: NamedFiles, name: string): string {
  const looked = files.look(name);
  switch (looked.kind) {
    case "none":
      throw couldNot(name, looked.reason);
    case "folder":
      return looked.names
        .filter((entry) => /\.(?:pem|crt|cer|crl)$/.test(entry) && !entry.startsWith("."))
        .toSorted()
        .map((entry) => `${name}/${entry}`)
        .filter((path) => isReadable(files.look(path)))
        .map((path) => authorityBlocks(files.read(path) ?? "") ?? "")
        .join("\n");
    case "file": {
      if (looked.bytes > maxAuthorityBytes) throw couldNot(name, "File too large");
      const text = files.read(name);
      if (text === null) throw couldNot(name, "Permission denied");
      return text;
    }
  }
}

function isReadable(found: Found): boolean {
  return found.kind === "file" && found.bytes <= maxAuthorityBytes;
}

function systemText(files: NamedFiles): string {
  for (const path of systemFiles) {
    const text = files.look(path).kind === "file" ? files.read(path) : null;
    if (text !== null) return text;
  }
  return contentOf(files, "/etc/ssl/certs");
}

function couldNot(name: string, reason: string): FileFault {
  return new FileFault(`Couldn't open the ca-file '${name}' (${reason}).`, name);
}
