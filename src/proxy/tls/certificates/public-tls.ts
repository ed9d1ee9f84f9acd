/** What operators may see of the files that TLS uses, and change of them at run time. */
import type { CertificateList, ListEntry } from "./certificate-list.ts";
import type { CertificateParts, PemParts } from "./certificate-store.ts";
import type { FileSet, Marked, Transaction } from "./file-set.ts";
import type { CertificateDetails, RevocationDetails } from "./pem-details.ts";
import type { BindTlsPlan, TlsEntryPlan } from "../../../plan/tls.ts";

export type { CertificateDetails, CertificateList, CertificateParts, ListEntry, PemParts, RevocationDetails };

/** Files of one kind; see `FileSet`. */
export interface TlsFileSet<Parts> extends Pick<
  FileSet<Parts, Parts & Marked>,
  "names" | "prepare" | "abort" | "commit" | "create" | "remove"
> {
  /** Null: it is empty; undefined: there is none of that name. */
  get(name: string): Parts | null | undefined;
  readonly transaction: Transaction<Parts> | null;
  /** For so many certificates of listeners, and servers, it is used. */
  uses(name: string): number;
}

/** A listener that speaks TLS. */
export interface TlsListener {
  readonly frontend: string;
  readonly isHttp: boolean;
  readonly tls: BindTlsPlan;
  /** The address, as its line has it, and where that stands: `h.cfg:12`. */
  readonly text: string;
  readonly place: string;
}

/** A certificate that is served, or shown to servers. */
export interface CertificateTime {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** Whole days; negative: it has run out. */
  readonly daysLeft: number;
}

/** All of them; those of the plan that runs. */
export interface PublicTls {
  readonly certificates: TlsFileSet<CertificateParts>;
  readonly authorities: TlsFileSet<PemParts>;
  readonly revocations: TlsFileSet<PemParts>;
  /** By name. */
  lists(): readonly string[];
  list(name: string): CertificateList | null;
  /** Those that have this list among theirs. */
  listenersOf(list: string): Iterable<TlsListener>;
  /** Where those of them stand for whom it is the certificate that is served where no name fits. */
  defaultsOf(list: string, entry: ListEntry): Iterable<string>;
  /** Why handshakes cannot be made from an entry; null: they can. */
  complaint(listener: TlsListener, entry: TlsEntryPlan): string | null;
  /** How many certificates a PEM text has. */
  count(pem: string): number;
  certificatesIn(pem: string): Iterable<CertificateDetails>;
  revocationsIn(pem: string): Iterable<RevocationDetails>;
  /** When each certificate runs out that is in use; a step for each use, null where it has been told already. */
  times(now?: number): Iterable<CertificateTime | null>;
}
