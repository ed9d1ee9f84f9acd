/** Checks what `bind` lines say of TLS: everything where it is spoken, and notes of what means nothing where it is not. */
import { type BindTlsWords, type ListenerWords, newListenerWords } from "../../draft/tls/bind-tls-draft.ts";
import type { BindDraft, Draft, ProxyDraft } from "../../draft/draft.ts";
import { noteIdleTlsWords } from "../../options/bind-tls.ts";
import { type Tell, tellOfCiphers, tellOfProtocols, tellOfSuites } from "../../tls/judge.ts";
import { judgeSuites, knowsCurves, knowsSigalgs, suitesNotice } from "../../tls/offer.ts";
import { say } from "./audit-message.ts";
import { bindVersions, entryVersions } from "../assemble/bind-tls-plan.ts";

/** Adds what is wrong with the TLS of a proxy's listeners. */
export function checkBindTls(proxy: ProxyDraft, draft: Draft): void {
  // The addresses of one line have their words in common.
  const done = new Set<BindTlsWords>();
  for (const bind of proxy.binds) {
    const { tlsWords } = bind;
    if (done.has(tlsWords)) continue;
    done.add(tlsWords);
    if (tlsWords.isSpoken) checkListener(proxy, bind, draft);
    else noteIdle(proxy, bind, draft);
  }
}

const saysNoSuites = ({ tlsWords }: BindDraft): boolean => tlsWords.isSpoken && tlsWords.ciphersuites === null;

/** Says once of the suites that `global` names for all listeners that they are offered in any case. */
export function noteStandingSuites(proxies: readonly ProxyDraft[], draft: Draft): void {
  const { ciphersuites } = draft.global.tls.bind;
  if (ciphersuites === null || judgeSuites(ciphersuites).kind !== "all") return;
  if (!proxies.some(({ binds }) => binds.some(saysNoSuites))) return;
  const text = `'ssl-default-bind-ciphersuites': ${suitesNotice}.`;
  draft.diagnostics.add({ level: "notice", text, pointer: null, advice: null });
}

function checkListener(proxy: ProxyDraft, bind: BindDraft, draft: Draft): void {
  const { tlsWords: words, statement } = bind;
  const { file, line } = bind.position;
  const of = `bind '${bind.text}' at [${file}:${line}]`;
  const tell: Tell = (level, text, keyword, advice = null) => {
    const word = words.said.get(keyword)?.keyword ?? words.said.get("ssl")?.keyword ?? null;
    say(draft, level, `Proxy '${proxy.name}': ${text}`, statement, word, advice);
  };
  for (const [keyword, { refusal }] of words.said) {
    if (refusal !== null) tell("alert", `'${keyword}' is not supported for ${of}.`, keyword, refusal);
  }
  checkCertificates(words, of, draft, tell);
  const isHttp = proxy.settings.mode.value === "http";
  checkWords(words, words, { of, isHttp, draft, tell });
  const seen = new Set<ListenerWords>();
  for (const { words: own } of words.entries) {
    if (own === null || seen.has(own)) continue;
    seen.add(own);
    checkWords(own, words, { of, isHttp, draft, tell });
  }
}

/** HAProxy says nothing of a listener that has a certificate and shows it to nobody. */
function noteIdle(proxy: ProxyDraft, { tlsWords, text, position, statement }: BindDraft, draft: Draft): void {
  noteIdleTlsWords(tlsWords, draft);
  const said = tlsWords.said.get("crt") ?? tlsWords.said.get("crt-list");
  if (said === undefined) return;
  const of = `bind '${text}' at [${position.file}:${position.line}]`;
  const what = `Proxy '${proxy.name}': '${said.keyword.text}' without 'ssl' means nothing for ${of}: TLS is not spoken there.`;
  say(draft, "notice", what, statement, said.keyword);
}

function checkCertificates(words: BindTlsWords, of: string, { global }: Draft, tell: Tell): void {
  if (words.entries.length > 0) return;
  const none = `no SSL certificate specified for ${of}`;
  if (words.strictSni || global.tls.bind.strictSni) {
    tell("warning", `${none}, ssl connections will fail (use 'crt').`, "ssl");
  } else tell("alert", `${none} (use 'crt').`, "ssl");
}

/** Whose words are judged. */
export interface Listener {
  readonly of: string;
  readonly isHttp: boolean;
  readonly draft: Draft;
  readonly tell: Tell;
}

/** Judges one set of words: the line's own, or those of a certificate in a list, on top of the line's. */
export function checkWords(words: ListenerWords, bind: BindTlsWords, listener: Listener): void {
  const { of, draft, tell } = listener;
  const standing = words === bind ? newListenerWords() : bind;
  const { range, warnings } =
    words === bind ? bindVersions(bind, draft.global, of) : entryVersions(words, bind, draft.global, of);
  if (words === bind || words.versions.min !== null || words.versions.max !== null) {
    for (const text of warnings) tell("warning", text, "ssl-max-ver");
    if (range === null) tell("alert", `all SSL/TLS versions are disabled for ${of}.`, "ssl-max-ver");
  }
  const isVerified = (words.verify ?? standing.verify ?? "none") !== "none";
  const authorities =
    words.authorities ?? standing.authorities ?? words.unnamedAuthorities ?? standing.unnamedAuthorities;
  if (isVerified && authorities === null)
    tell("alert", `verify is enabled but no CA file specified for ${of}.`, "verify");
  if (isVerified && words.unnamedAuthorities !== null) {
    tell("notice", `clients are told the names of 'ca-verify-file' as well, for ${of}.`, "ca-verify-file");
  }
  checkLists(words, words === bind, range?.maxVersion === "TLSv1.3", listener);
  checkProtocols(words, listener);
}

/** Lists of ciphers, suites, curves and signatures; of the line itself also those that `global` says for all. */
function checkLists(words: ListenerWords, isLine: boolean, hasSuites: boolean, { of, draft, tell }: Listener): void {
  const standing = isLine ? draft.global.tls.bind : null;
  const [ciphers, suites, curves, sigalgs] = (["ciphers", "ciphersuites", "curves", "sigalgs"] as const).map(
    (name) => words[name] ?? standing?.[name] ?? null,
  );
  if (ciphers !== null && ciphers !== undefined) tellOfCiphers(ciphers, ` for ${of}`, tell);
  if (suites !== null && suites !== undefined && hasSuites) {
    const areAll = tellOfSuites(suites, ` for ${of}`, tell);
    if (areAll && words.ciphersuites !== null) tell("notice", `${suitesNotice}, for ${of}.`, "ciphersuites");
  }
  if (curves !== null && curves !== undefined && !knowsCurves(curves)) {
    const isOne = words.hasOneCurve;
    const what = isOne ? "elliptic named curve" : "SSL curves list";
    tell("alert", `unable to set ${what} to '${curves}' for ${of}.`, isOne ? "ecdhe" : "curves");
  }
  if (sigalgs !== null && sigalgs !== undefined && !knowsSigalgs(sigalgs)) {
    tell("alert", `unable to set SSL Signature Algorithm list to '${sigalgs}' for ${of}.`, "sigalgs");
  }
}

/** HTTP/2 is not spoken: where HTTP is it is left out of what is offered. */
function checkProtocols({ alpn }: ListenerWords, { of, isHttp, tell }: Listener): void {
  if (alpn === null || !isHttp) return;
  tellOfProtocols("alpn", alpn, ` for ${of}`, tell);
}
