/** Checks what server lines say of TLS: everything where it is spoken, and notes of what means nothing where it is not. */
import { Complaint, serverMessage } from "../../text/complaint.ts";
import type { Draft, ProxyDraft, ServerDraft } from "../../draft/draft.ts";
import { positionOf } from "../../draft/draft.ts";
import { basedPath } from "../../tls/authorities.ts";
import { readCertificate } from "../../tls/certificate.ts";
import { type Tell, tellOfCiphers, tellOfProtocols, tellOfSuites } from "../../tls/judge.ts";
import { knowsCurves, knowsSigalgs, suitesNotice } from "../../tls/offer.ts";
import type { Statement, Word } from "../../text/statement.ts";
import { hasTls, serverVersions } from "../assemble/server-tls-plan.ts";

const noFile =
  "verify is enabled by default but no CA file specified. If you're running on a LAN where you're certain to trust the server's certificate, please set an explicit 'verify none' statement on the 'server' line, or use 'ssl-server-verify none' in the global section to disable server-side verifications by default.";

/** Adds what is wrong with the TLS of one server. */
export function checkServerTls(proxy: ProxyDraft, server: ServerDraft, draft: Draft): void {
  if (!hasTls(proxy, server)) return;
  const { tls } = server.settings;
  const { global } = draft;
  const tell = teller(proxy, server, draft);
  for (const [keyword, { refusal }] of tls.said) {
    if (refusal !== null) tell("alert", `'${keyword}' is not supported`, keyword, refusal);
  }
  if ((tls.verify ?? global.serverVerify) === "required" && tls.authorities === null) {
    const isDefault = global.serverVerify === "required";
    tell("alert", isDefault ? noFile : "verify is enabled but no CA file specified.", "ssl");
  }
  if (tls.certificate !== null) checkCertificate(server, tls.certificate, draft, tell);
  checkVersions(proxy, server, draft, tell);
  checkLists(server, draft, tell);
  checkProtocols(proxy, server, tell);
}

/** Says something of a server; the caret stands under a word of its own line. */
function teller(proxy: ProxyDraft, { name, statement, settings }: ServerDraft, draft: Draft): Tell {
  return (level, text, keyword, advice = null) => {
    const said = settings.tls.said.get(keyword);
    const word: Word | null = said?.statement === statement ? said.keyword : (statement.words[1] ?? null);
    serverMessage(draft.diagnostics, level, statement, `'server ${proxy.name}/${name}' : ${text}`, word, advice);
  };
}

/** Reads a server's certificate: as in HAProxy only now, when it is known that TLS is spoken, and from the working directory. */
function checkCertificate({ statement }: ServerDraft, path: string, draft: Draft, tell: Tell): void {
  try {
    draft.files.readFromHere();
    readCertificate(basedPath(draft.global.tls.crtBase, path), { draft, statement, word: null });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    tell("alert", error.message, "crt", error.advice);
  }
}

function checkVersions(proxy: ProxyDraft, server: ServerDraft, { global }: Draft, tell: Tell): void {
  const { range, warnings } = serverVersions(server, global);
  const words = [...server.settings.tls.said.keys()];
  const keyword = words.find((word) => /^(?:ssl-m|no-tlsv|no-sslv|force-)/.test(word)) ?? "ssl";
  const label = `backend '${proxy.name}': `;
  for (const text of warnings) {
    const isIgnored = text.startsWith("no-");
    const named = isIgnored ? text : label + text.replace("this server", `server '${server.name}'`);
    tell("warning", named, keyword);
  }
  if (range === null) tell("alert", `${label}all SSL/TLS versions are disabled for server '${server.name}'.`, keyword);
}

/** Lists of ciphers, suites, curves and signatures: the line's own, or those that `global` says for all servers. */
function checkLists(server: ServerDraft, { global }: Draft, tell: Tell): void {
  const { tls } = server.settings;
  const standing = global.tls.server;
  const list = (name: ListName): string | null => tls[name] ?? standing[name];
  const [ciphers, suites, curves, sigalgs] = [list("ciphers"), list("ciphersuites"), list("curves"), list("sigalgs")];
  if (ciphers !== null) tellOfCiphers(ciphers, "", tell);
  if (suites !== null && serverVersions(server, global).range?.maxVersion === "TLSv1.3") tellOfSuites(suites, "", tell);
  if (curves !== null && !knowsCurves(curves)) tell("alert", `unable to set SSL curves list to '${curves}'.`, "curves");
  if (sigalgs !== null && !knowsSigalgs(sigalgs)) {
    tell("alert", `unable to set SSL Signature Algorithm list to '${sigalgs}'.`, "sigalgs");
  }
}

type ListName = "ciphers" | "ciphersuites" | "curves" | "sigalgs";

/** HTTP/2 is not spoken with servers: where HTTP is spoken it is left out of what is offered. */
function checkProtocols(proxy: ProxyDraft, { settings: { tls } }: ServerDraft, tell: Tell): void {
  const { mode, check } = proxy.settings;
  const lists = [
    ["alpn", tls.alpn, mode.value === "http"],
    ["check-alpn", tls.checkAlpn, check.kind === "http"],
  ] as const;
  for (const [keyword, names, isHttp] of lists) {
    if (names === null || !isHttp) continue;
    tellOfProtocols(keyword, names, "", tell);
  }
}

/** Notes every word of TLS that does nothing for any server: most need TLS, some what is verified or another version. */
export function noteIdleTls(proxies: readonly ProxyDraft[], draft: Draft): void {
  const idle = new Map<Word, { readonly statement: Statement; readonly reason: string }>();
  // A word of `default-server` is every server's that takes it over: it has to do nothing for all of them.
  const used = new Set<Word>();
  for (const proxy of proxies) {
    for (const server of proxy.servers) {
      const has = hasTls(proxy, server);
      for (const { statement, keyword } of server.settings.tls.said.values()) {
        const reason = has ? idleReason(server, keyword.text, draft) : alone;
        if (reason === null) used.add(keyword);
        else idle.set(keyword, { statement, reason });
      }
    }
  }
  for (const [keyword, { statement, reason }] of idle) {
    if (used.has(keyword)) continue;
    draft.global.withoutEffect.push({ keyword: keyword.text, reason, position: positionOf(statement) });
  }
}

const alone = "it means something only beside `ssl`";

const verifying = new Set(["ca-file", "crl-file", "verifyhost"]);

/** Why a word does nothing where TLS is spoken; null: it does something. */
function idleReason(server: ServerDraft, keyword: string, { global }: Draft): string | null {
  const { verify, ciphersuites } = server.settings.tls;
  if (verifying.has(keyword)) {
    return (verify ?? global.serverVerify) === "none" ? "nothing is verified with `verify none`" : null;
  }
  if (keyword !== "ciphersuites" || ciphersuites === null) return null;
  return serverVersions(server, global).range?.maxVersion === "TLSv1.3" ? suitesNotice : "TLS 1.3 is not spoken";
}
