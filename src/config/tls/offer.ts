/** What a line offers a handshake, judged by the runtime that will have to do it: ciphers, suites, curves, signatures, ALPN. */
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { Complaint } from "../text/complaint.ts";

/** Suites of TLS 1.3: OpenSSL's, and of them those that the runtime always offers. */
const suites = new Map<string, boolean>([
  ["TLS_AES_256_GCM_SHA384", true],
  ["TLS_CHACHA20_POLY1305_SHA256", true],
  ["TLS_AES_128_GCM_SHA256", true],
  ["TLS_AES_128_CCM_SHA256", false],
  ["TLS_AES_128_CCM_8_SHA256", false],
]);

/** Answers of `takes`, by what was asked: the thousands of servers of a template have one list. */
const answers = new Map<string, boolean>();

/** So many lists are kept. */
const maxAnswers = 256;

/** Whether the runtime takes an option of a secure context. */
function takes(options: SecureContextOptions): boolean {
  const asked = JSON.stringify(options);
  const known = answers.get(asked);
  if (known !== undefined) return known;
  const answer = isTaken(options);
  if (answers.size >= maxAnswers) answers.clear();
  answers.set(asked, answer);
  return answer;
}

function isTaken(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}

/**
 * Judges a list for versions up to 1.2 and returns what of it is for the runtime: suites of TLS 1.3 are left out, as OpenSSL
 * passes over them. Null where nothing is left that the runtime knows. Throws a Complaint for what has no meaning here.
 */
export function readCiphers(list: string): string | null {
  const foreign = /@SECLEVEL|^PROFILE=/.exec(list)?.[0];
  if (foreign !== undefined) {
    const advice = "name the ciphers themselves, as in ECDHE+AESGCM:ECDHE+CHACHA20";
    throw new Complaint(`'${foreign}' in a list of ciphers is not supported`, null, advice);
  }
  const rest = list.split(/[:,; ]/).filter((name) => name !== "" && !suites.has(name));
  const ciphers = rest.join(":");
  return rest.length > 0 && takes({ ciphers }) ? ciphers : null;
}

/** Why a list that OpenSSL may know is not known here. */
export const cipherAdvice = "here is AES and ChaCha20 with ECDHE, and AES with RSA: none of DHE, CCM, Camellia, ARIA";

/** What a list for TLS 1.3 means here, where the runtime always offers its three. */
export type SuiteVerdict =
  | { readonly kind: "all" }
  /** HAProxy would not take it either. */
  | { readonly kind: "unknown" }
  | { readonly kind: "forbids"; readonly suites: readonly string[] };

/** Judges `ciphersuites`. */
export function judgeSuites(list: string): SuiteVerdict {
  const named = new Set(list.split(":").filter((name) => suites.has(name)));
  if (named.size === 0) return { kind: "unknown" };
  const forbidden = [...suites].filter(([name, isOffered]) => isOffered && !named.has(name)).map(([name]) => name);
  return forbidden.length === 0 ? { kind: "all" } : { kind: "forbids", suites: forbidden };
}

/** What is said where suites were named that are all offered. */
export const suitesNotice = "the suites of TLS 1.3 are offered in the runtime's own order";

/** Refuses a list that would forbid what is offered. `what`: the keyword that said it. */
export function refuseSuites(what: string, forbidden: readonly string[]): Complaint {
  return new Complaint(
    `'${what}' without ${forbidden.join(" and ")} is not supported: the runtime always offers it`,
    null,
    "name all of TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256, or leave TLS 1.3 out with 'ssl-max-ver TLSv1.2'",
  );
}

/** Whether the runtime knows each curve of a list (`X25519:P-256`). */
export function knowsCurves(list: string): boolean {
  return list !== "auto" && takes({ ecdhCurve: list });
}

/** Whether the runtime knows each signature of a list (`RSA-PSS+SHA256:ECDSA+SHA256`). */
export function knowsSigalgs(list: string): boolean {
  return takes({ sigalgs: list });
}

/** Longest name that ALPN carries, in bytes (RFC 7301). */
const longestName = 255;

/** Reads the names of `alpn`, `http/1.1,h2`: empty ones do not count. Throws a Complaint. */
export function readAlpn(word: string): string[] {
  const names = word.split(",").filter((name) => name !== "");
  const long = names.find((name) => name.length > longestName);
  if (long !== undefined) throw new Complaint(`'alpn' : ALPN protocol name too long : '${long}'`, null);
  return names;
}

/** Names under which HTTP/1 is spoken. */
const http1 = new Set(["http/1.1", "http/1.0"]);

/** What is left of a list where HTTP is spoken; null: nothing of a list that has something. */
export function http1Names(names: readonly string[]): readonly string[] | null {
  const left = names.filter((name) => http1.has(name));
  return left.length === 0 && names.length > 0 ? null : left;
}
