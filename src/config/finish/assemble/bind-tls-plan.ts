/** How TLS is spoken with clients: what `bind` lines, their lists and `global` say, put together. */
import type { BindTlsPlan, ClientVerification, TlsEntryPlan, TlsFilesPlan, TlsOffer } from "../../../plan/tls.ts";
import {
  type BindTlsWords,
  type ListenerWords,
  newBindTlsWords,
  type TlsEntryDraft,
  type VerifyWords,
} from "../../draft/tls/bind-tls-draft.ts";
import type { Draft, GlobalDraft } from "../../draft/draft.ts";
import { http1Names, readCiphers } from "../../tls/offer.ts";
import { mergedVersions, type VersionRange, versionRange } from "../../tls/versions.ts";

/** What holds for a listener whose words have been judged; null: it speaks no TLS. */
export function bindTlsPlan(words: BindTlsWords, isHttp: boolean, global: GlobalDraft): BindTlsPlan | null {
  if (!words.isSpoken) return null;
  const standing = global.tls.bind;
  const { range } = bindVersions(words, global, "");
  const ciphers = words.ciphers ?? standing.ciphers;
  return {
    minVersion: range?.minVersion ?? "TLSv1.2",
    maxVersion: range?.maxVersion ?? "TLSv1.3",
    ciphers: ciphers === null ? null : readCiphers(ciphers),
    curves: words.curves ?? standing.curves,
    sigalgs: words.sigalgs ?? standing.sigalgs,
    alpn: spoken(words.alpn ?? [], isHttp),
    ...verification(words),
    ignoredLeafErrors: words.ignoredLeafErrors,
    ignoredChainErrors: words.ignoredChainErrors,
    entries: words.entries.map((entry) => entryPlan(entry, words, isHttp, global)),
    lists: words.lists,
    strictSni: words.strictSni || standing.strictSni,
    prefersClientCiphers: words.prefersClientCiphers || standing.prefersClientCiphers,
    tickets: words.tickets ?? standing.tickets ?? true,
    sessionSeconds: global.tls.sessionSeconds,
  };
}

/** The versions of a listener. `of`: as messages call it. */
export function bindVersions(words: ListenerWords, { tls: { bind } }: GlobalDraft, of: string): VersionRange {
  return versionRange(mergedVersions(words.versions, bind.versions), "TLSv1.2", of);
}

/** Those of a certificate of a list that says some: within the listener's own. */
export function entryVersions(
  { versions }: ListenerWords,
  bind: BindTlsWords,
  global: GlobalDraft,
  of: string,
): VersionRange {
  const { range } = bindVersions(bind, global, of);
  const standing = { min: range?.minVersion ?? null, max: range?.maxVersion ?? null, without: new Set<never>() };
  return versionRange(mergedVersions(versions, standing), "TLSv1.2", of);
}

/** Protocols that can be spoken. */
function spoken(names: readonly string[], isHttp: boolean): readonly string[] {
  return isHttp ? (http1Names(names) ?? []) : names;
}

function verification(words: VerifyWords): Omit<ClientVerification, "ignoredLeafErrors" | "ignoredChainErrors"> {
  return {
    verify: words.verify ?? "none",
    authorities: words.authorities,
    unnamedAuthorities: words.unnamedAuthorities,
    revocations: words.revocations,
  };
}

function entryPlan(entry: TlsEntryDraft, bind: BindTlsWords, isHttp: boolean, global: GlobalDraft): TlsEntryPlan {
  const { words, ...plan } = entry;
  return { ...plan, own: words === null ? {} : ownOf(words, bind, isHttp, global) };
}

/** What one line of a list says itself. Its versions are a range that the listener's own word may complete. */
export function ownOf(
  words: ListenerWords,
  bind: BindTlsWords,
  isHttp: boolean,
  global: GlobalDraft,
): TlsEntryPlan["own"] {
  const { range } = entryVersions(words, bind, global, "");
  const saysVersion = words.versions.min !== null || words.versions.max !== null;
  const own: Record<keyof (TlsOffer & ClientVerification), unknown> = {
    minVersion: saysVersion ? range?.minVersion : undefined,
    maxVersion: saysVersion ? range?.maxVersion : undefined,
    ciphers: words.ciphers === null ? undefined : readCiphers(words.ciphers),
    curves: words.curves ?? undefined,
    sigalgs: words.sigalgs ?? undefined,
    alpn: words.alpn === null ? undefined : spoken(words.alpn, isHttp),
    verify: words.verify ?? undefined,
    authorities: words.authorities ?? undefined,
    unnamedAuthorities: words.unnamedAuthorities ?? undefined,
    revocations: words.revocations ?? undefined,
    ignoredLeafErrors: undefined,
    ignoredChainErrors: undefined,
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as TlsEntryPlan["own"];
}

/** Every file of TLS that was read. Entries of lists stand there as they do for a listener that says nothing itself. */
export function tlsFilesPlan({ tls, global }: Draft): TlsFilesPlan {
  const silent = newBindTlsWords();
  return {
    certificates: [...tls.certificates.values()],
    authorities: [...tls.authorities.values()],
    revocations: [...tls.revocations.values()],
    chains: {
      issuers: global.tls.issuers.map((chain) => chain.map(String).join("")),
      skipsSelfIssued: global.tls.skipsSelfIssued,
    },
    lists: [...tls.lists.values()].map((list) => ({
      ...list,
      entries: list.entries.map((entry) => entryPlan(entry, silent, false, global)),
    })),
  };
}
