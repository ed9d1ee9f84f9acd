/** What an engine makes contexts of, out of plans and the files that they name. */
import { createHash } from "node:crypto";
import type { ClientContextOptions, ServerContextOptions, TlsRules } from "../../net/tls/secure.ts";
import type { BindTlsPlan, ServerTlsPlan, TlsOffer } from "../../plan/tls.ts";
import type { StoredCertificate, StoredPem } from "./certificates/certificate-store.ts";

/** A listener's terms for one of its certificates: the line's, and in their place what the certificate's own line says. */
export interface ListenerTerms {
  readonly plan: Omit<BindTlsPlan, "entries" | "lists" | "strictSni">;
  readonly certificate: StoredCertificate;
  /** Null: none is named. */
  readonly authorities: StoredPem | null;
  readonly unnamedAuthorities: StoredPem | null;
  readonly revocations: StoredPem | null;
}

/** How TLS is spoken with a server. */
export interface ServerTerms {
  readonly plan: ServerTlsPlan;
  readonly certificate: StoredCertificate | null;
  readonly authorities: StoredPem | null;
  readonly revocations: StoredPem | null;
}

/** The name of the system's own authorities, in place of a file (manual, 5.2, `ca-file`). */
const systemAuthorities = "@system-ca";

function texts(...files: (StoredPem | null)[]): string[] {
  return files.flatMap((one) => (one === null || one.pem === "" ? [] : [one.pem]));
}

function rulesOf(plan: TlsOffer & { readonly tickets: boolean }, revocations: StoredPem | null): TlsRules {
  const { ciphers, curves, sigalgs, minVersion, maxVersion, alpn, tickets } = plan;
  return { ciphers, curves, sigalgs, minVersion, maxVersion, alpn, crl: texts(revocations), tickets };
}

/** Of the files that a context is made of. */
export function marksOf(terms: ServerTerms | ListenerTerms): string[] {
  const unnamed = "unnamedAuthorities" in terms ? terms.unnamedAuthorities : null;
  const files = [terms.certificate, terms.authorities, unnamed, terms.revocations];
  return files.flatMap((one) => one?.mark ?? []);
}

/**
 * All that a listener's context is made of, short. Who has been judged by it is let in by it alone: what is judged otherwise is another
 * context's.
 */
export function serverContextKey(terms: ListenerTerms): string {
  const { plan, certificate, authorities, unnamedAuthorities, revocations } = terms;
  const { ciphers, curves, sigalgs, minVersion, maxVersion, alpn, tickets } = plan;
  const files = [certificate, authorities, unnamedAuthorities, revocations].map((one) => one?.mark ?? null);
  const offer = [
    ciphers,
    curves,
    sigalgs,
    minVersion,
    maxVersion,
    alpn,
    tickets,
    plan.prefersClientCiphers,
    plan.sessionSeconds,
  ];
  return digest([files, offer, plan.verify, plan.ignoredLeafErrors, plan.ignoredChainErrors]);
}

/** Of a listener. */
export function serverContextOptions(terms: ListenerTerms): ServerContextOptions {
  const { plan, certificate, authorities, unnamedAuthorities, revocations } = terms;
  return {
    ...rulesOf(plan, revocations),
    identities: [{ certificate: certificate.chain, key: certificate.key }],
    ca: texts(authorities, unnamedAuthorities),
    verify: plan.verify,
    forgiven: { certificate: plan.ignoredLeafErrors, ca: plan.ignoredChainErrors },
    preferServerCiphers: !plan.prefersClientCiphers,
    sessionSeconds: plan.sessionSeconds,
  };
}

/** All that a server's context is made of, short. */
export function clientContextKey({ plan, certificate, authorities, revocations }: ServerTerms): string {
  const { ciphers, curves, sigalgs, minVersion, maxVersion, alpn, tickets, verify, reuse } = plan;
  const files = [certificate, authorities, revocations].map((one) => one?.mark ?? null);
  const offer = [ciphers, curves, sigalgs, minVersion, maxVersion, alpn, tickets];
  return digest([files, offer, verify, reuse, plan.authorities === systemAuthorities]);
}

/** Of a server. Where nobody is named who may have signed its certificate, nobody has, whatever the environment says. */
export function clientContextOptions(terms: ServerTerms): ClientContextOptions {
  const { plan, certificate, authorities, revocations } = terms;
  const named = texts(authorities);
  return {
    ...rulesOf(plan, revocations),
    identity: certificate === null ? null : { certificate: certificate.chain, key: certificate.key },
    ca: named.length === 0 && plan.authorities === systemAuthorities ? "system" : named,
    verify: plan.verify === "required",
    reuse: plan.reuse,
  };
}

function digest(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
