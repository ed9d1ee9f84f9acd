/** How TLS is spoken with servers and by their checks: what lines, `default-server` and `global` say, put together. */
import type { CheckTlsPlan, ServerTlsPlan, TlsVersion } from "../../../plan/tls.ts";
import { tlsVersions } from "../../../plan/tls.ts";
import type { GlobalDraft, ProxyDraft, ServerDraft } from "../../draft/draft.ts";
import type { VersionWords } from "../../draft/tls/tls-words.ts";
import { basedPath } from "../../tls/authorities.ts";
import { http1Names, readCiphers } from "../../tls/offer.ts";
import { mergedVersions, type VersionRange, versionRange } from "../../tls/versions.ts";

/**
 * Whether TLS has to be made ready for a server: it is spoken with it, or by a check of it, or its `default-server` says `ssl`,
 * and so an operator may ask for it (`set server … ssl on`).
 */
export function hasTls({ settings: { checkLists, check, disabled } }: ProxyDraft, server: ServerDraft): boolean {
  if (disabled) return false;
  const { isSpoken, isSpokenByDefault, check: ofChecks } = server.settings.tls;
  if (isSpoken || isSpokenByDefault || ofChecks === true) return true;
  const { tcp, http, formerTcp } = checkLists;
  const counting = check.kind === "http" ? check.rules : [];
  return [tcp, http, formerTcp, counting].some((rules) =>
    rules.some((rule) => rule.kind === "connect" && rule.tls !== null),
  );
}

/** What holds for a server that `hasTls`. */
export function serverTlsPlan(proxy: ProxyDraft, server: ServerDraft, global: GlobalDraft): ServerTlsPlan {
  const { tls } = server.settings;
  const standing = global.tls.server;
  const { range } = serverVersions(server, global);
  return {
    minVersion: range?.minVersion ?? "TLSv1.2",
    maxVersion: range?.maxVersion ?? "TLSv1.3",
    ciphers: ciphersOf(tls.ciphers ?? standing.ciphers),
    curves: tls.curves ?? standing.curves,
    sigalgs: tls.sigalgs ?? standing.sigalgs,
    alpn: offered(tls.alpn, proxy.settings.mode.value === "http"),
    certificate: tls.certificate === null ? null : basedPath(global.tls.crtBase, tls.certificate),
    verify: tls.verify ?? global.serverVerify,
    authorities: tls.authorities,
    revocations: tls.revocations,
    verifyHost: tls.verifyHost,
    sni: server.sni,
    tickets: tls.tickets ?? standing.tickets ?? true,
    reuse: tls.reuse,
    checks: checkHello(proxy, server),
  };
}

/** Those of versions up to 1.2 that are left of a list; it was judged before. */
function ciphersOf(list: string | null): string | null {
  return list === null ? null : readCiphers(list);
}

/** The names of a list that can be spoken. */
function offered(names: readonly string[] | null, isHttp: boolean): readonly string[] {
  return isHttp ? (http1Names(names ?? []) ?? []) : (names ?? []);
}

/** What a server's checks say in their hello. */
export function checkHello({ settings: { check } }: ProxyDraft, { settings: { tls } }: ServerDraft): CheckTlsPlan {
  return { sni: tls.checkSni, alpn: offered(tls.checkAlpn, check.kind === "http") };
}

/** Whether checks of a server speak TLS where no step says so: as its sessions do, unless they go elsewhere. */
export function checksSpeakTls({ settings: { tls, checkPort, checkAddress } }: ServerDraft): boolean {
  return tls.check ?? (tls.isSpoken && checkPort === null && checkAddress === null);
}

/** Oldest version where lines say nothing: HAProxy would take older ones, and its OpenSSL of today does not. */
const usual: TlsVersion = "TLSv1.2";

/** The versions that are spoken with a server. */
export function serverVersions({ settings: { tls } }: ServerDraft, { tls: { server } }: GlobalDraft): VersionRange {
  const words = mergedVersions(tls.versions, server.versions);
  const all = versionRange(words, "TLSv1", "this server");
  // That an oldest version should be said beside the newest HAProxy tells listeners only.
  const found = { ...all, warnings: all.warnings.filter((text) => !text.startsWith("Ambiguous")) };
  if (found.range === null || words.min !== null) return found;
  const { maxVersion } = found.range;
  return { ...found, range: { minVersion: leastUsual(words, found.range.minVersion, maxVersion), maxVersion } };
}

/**
 * `min` itself, or the first version from the usual on that is not left out.
 *
 * Of `no-tlsv12` alone HAProxy warns that it leaves a gap, and then speaks TLS 1.2 all the same; here what is left out stays out.
 */
function leastUsual({ without, max }: VersionWords, min: TlsVersion, most: TlsVersion): TlsVersion {
  const newer = tlsVersions.slice(Math.max(rank(usual), rank(min)), rank(most) + 1);
  return newer.find((one) => max !== null || !without.has(one)) ?? min;
}

const rank = (version: TlsVersion): number => tlsVersions.indexOf(version);
