/** The files of TLS that lines name, each kept once under its name. */
import type { CertificateListPlan, CertificatePlan, PemFilePlan, TlsFilesPlan } from "../../plan/tls.ts";

/** All of them while the configuration is read. */
export class TlsFiles {
  /** By name; the first that was read under it counts, as in HAProxy. */
  readonly certificates = new Map<string, CertificatePlan>();
  readonly authorities = new Map<string, PemFilePlan>();
  readonly revocations = new Map<string, PemFilePlan>();
  readonly lists = new Map<string, CertificateListPlan>();

  plan(): TlsFilesPlan {
    return {
      certificates: [...this.certificates.values()],
      authorities: [...this.authorities.values()],
      revocations: [...this.revocations.values()],
      lists: [...this.lists.values()],
    };
  }
}
