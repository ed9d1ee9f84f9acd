/** The files of TLS that lines name, each kept once under its name. */
import type { CertificateListPlan, CertificatePlan, PemFilePlan } from "../../../plan/tls.ts";
import type { TlsEntryDraft } from "./bind-tls-draft.ts";

/** All of them while the configuration is read. By name; the first that was read under it counts, as in HAProxy. */
export class TlsFiles {
  readonly certificates = new Map<string, CertificatePlan>();
  readonly authorities = new Map<string, PemFilePlan>();
  readonly revocations = new Map<string, PemFilePlan>();
  readonly lists = new Map<string, ListDraft>();
}

/** A list, or a folder, of certificates. */
export interface ListDraft extends Omit<CertificateListPlan, "entries"> {
  readonly entries: readonly TlsEntryDraft[];
}
