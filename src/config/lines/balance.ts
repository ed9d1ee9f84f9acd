/** `balance` and `hash-type`: how a backend chooses among its servers. */
import { proxyLabel } from "../text/section-headers.ts";
import { Complaint } from "../text/complaint.ts";
import { parseExpression } from "../expressions/expression.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import type { BalancePlan, UriHashPlan } from "../../plan/proxy.ts";
import type { Site } from "../../rules/samples/sites.ts";
import type { Cursor } from "../text/cursor.ts";
import { plainAlgorithms } from "../../proxy/balance/algorithms.ts";
import { type Line, warn } from "../row/row.ts";
import { readInteger } from "../row/value.ts";

/** Algorithms that look into HTTP; a TCP backend falls back to roundrobin, with a warning. */
export const httpAlgorithms: ReadonlySet<string> = new Set(["uri", "url_param", "hdr"]);

/** Reads the words after `balance` (manual, 4.2). Throws a Complaint. */
export function parseBalance(target: ProxySection, line: Line): void {
  const { settings } = target;
  settings.isBalanced = true;
  const word = line.words[0];
  const name = word?.text ?? "roundrobin";
  const base = name.replace(/\(.*$/s, "");
  const inside = /\(([^)]*)\)?/s.exec(name)?.[1] ?? null;
  const fail = (message: string): never => {
    throw new Complaint(message, word ?? line.keyword);
  };
  if (plainAlgorithms.includes(name)) {
    settings.balance = { algorithm: name };
  } else if (base === "random") {
    const draws = inside === null ? 2 : Number(inside);
    if (!Number.isInteger(draws)) {
      fail(`balance random : unexpected character '${/\D/.exec(inside ?? "")?.[0] ?? ""}' after argument.`);
    }
    if (draws < 1) fail("balance random : number of draws must be at least 1.");
    settings.balance = { algorithm: "random", draws };
  } else if (name === "hash") {
    if ((line.words[1]?.text ?? "") === "") fail("balance hash requires a sample expression.");
    const site = "backend use-server, balance or stick-match rule";
    const cursor = { statement: line.statement, index: line.start + 1 };
    const extra = line.words[2];
    if (extra !== undefined) throw new Complaint(`balance hash takes no other argument (got '${extra.text}').`, extra);
    settings.balance = { algorithm: "hash", expression: hashExpression(target, cursor, site) };
  } else if (base === "rdp-cookie") {
    if (inside === "") fail("balance rdp-cookie : missing cookie name.");
    const site = "backend use-server, balance or stick-match rule";
    const text = inside === null ? "req.rdp_cookie" : `req.rdp_cookie(${inside})`;
    const hashed = { text, column: word?.column ?? 1, length: word?.length ?? 1, quoted: false };
    const cursor = { statement: { ...line.statement, words: [hashed] }, index: 0 };
    settings.balance = { algorithm: "hash", expression: parseExpression(cursor, target.scope, { site, where: null }) };
  } else if (base === "uri") {
    settings.balance = { algorithm: "uri", uri: uriHash(line) };
  } else if (base === "url_param") {
    settings.balance = { algorithm: "url_param", urlParam: urlParameter(line) };
  } else if (base === "hdr" && inside !== null) {
    settings.balance = { algorithm: "hdr", header: headerHash(line, name) };
  } else {
    fail(
      "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and 'rdp-cookie(name)' options.",
    );
  }
}

/** The words of `balance uri`. */
function uriHash(line: Line): UriHashPlan {
  const plan = { length: 0, depth: 0, whole: false, pathOnly: false };
  for (let at = 1; at < line.words.length; at += 1) {
    const word = line.words[at];
    if (word?.text === "whole") plan.whole = true;
    else if (word?.text === "path-only") plan.pathOnly = true;
    else if (word?.text === "len" || word?.text === "depth") {
      at += 1;
      const got = line.words[at]?.text ?? "";
      const value = readInteger(got) ?? 0;
      if (value <= 0) {
        throw new Complaint(
          `balance uri : '${word.text}' expects a positive integer (got '${got}').`,
          line.words[at] ?? word,
        );
      }
      plan[word.text === "len" ? "length" : "depth"] = value;
    } else {
      const text = `balance uri only accepts parameters 'len', 'depth', 'path-only', and 'whole' (got '${word?.text ?? ""}').`;
      throw new Complaint(text, word ?? line.keyword);
    }
  }
  return plan;
}

/** Bytes of a body that HAProxy waits for at the least, and those that it does where no number stands. */
const leastPost = 3;
const usualPost = 48;

function urlParameter(line: Line): NonNullable<BalancePlan["urlParam"]> {
  const [word, name, modifier, bytes] = line.words;
  if (name === undefined || name.text === "") {
    throw new Complaint("balance url_param requires an URL parameter name.", word ?? line.keyword);
  }
  if (modifier === undefined) return { name: name.text, checkPost: null };
  if (modifier.text !== "check_post") {
    const text = `balance url_param only accepts 'check_post' modifier (got '${modifier.text}').`;
    throw new Complaint(text, modifier);
  }
  const wanted = bytes === undefined ? usualPost : (readInteger(bytes.text) ?? 0);
  return { name: name.text, checkPost: wanted < leastPost ? leastPost : wanted };
}

function headerHash(line: Line, written: string): NonNullable<BalancePlan["header"]> {
  const [word, modifier] = line.words;
  const name = /\(([^)]*)\)/s.exec(written)?.[1] ?? "";
  if (name === "") throw new Complaint("balance hdr requires an http header field name.", word ?? line.keyword);
  if (modifier !== undefined && modifier.text !== "use_domain_only") {
    const text = `balance ${written} only accepts 'use_domain_only' modifier (got '${modifier.text}').`;
    throw new Complaint(text, modifier);
  }
  return { name, domainOnly: modifier !== undefined };
}

/** Reads the expression; HAProxy complains about it when the section is complete, in the section's name. */
function hashExpression(target: ProxySection, cursor: Cursor, site: Site): ReturnType<typeof parseExpression> {
  const text = cursor.statement.words[cursor.index]?.text ?? "";
  try {
    return parseExpression(cursor, target.scope, { site, where: null });
  } catch (error) {
    if (!(error instanceof Complaint) || target.proxy === null) throw error;
    const { file, line } = target.proxy.position;
    const label = `${proxyLabel(target.scope)} [${file}:${line}]: `;
    const message = `failed to parse 'balance hash' expression '${text}' in : ${error.message}.`;
    throw new Complaint(message, error.word, error.advice, () => label);
  }
}

const hashes = ["sdbm", "djb2", "wt6", "crc32", "none"] as const;

/** Reads the words after `hash-type` (manual, 4.2). Throws a Complaint. `none` is of later versions. */
export function parseHashType(target: ProxySection, line: Line): void {
  const [method, hash, modifier] = line.words;
  const { settings } = target;
  if (method?.text === "avalanche") {
    throw new Complaint(
      "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based sdbm avalanche' instead.",
      method,
    );
  }
  if (method?.text !== "consistent" && method?.text !== "map-based") {
    throw new Complaint("'hash-type' only supports 'consistent' and 'map-based'.", method ?? line.keyword);
  }
  const chosen = hash === undefined ? "sdbm" : hashes.find((one) => one === hash.text);
  if (chosen === undefined) {
    throw new Complaint(
      "'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions.",
      hash ?? line.keyword,
    );
  }
  if (modifier !== undefined && modifier.text !== "avalanche") {
    throw new Complaint("'hash-type' only supports 'avalanche' as a modifier for hash functions.", modifier);
  }
  if (line.words[3] !== undefined) warn(line, `'hash-type' ignores '${line.words[3].text}'.`, line.words[3]);
  settings.hashType = {
    method: method.text,
    hash: chosen,
    // `consistent` alone: addresses that differ little would all land on one arc of the ring.
    avalanche: modifier !== undefined || (method.text === "consistent" && hash === undefined),
    balanceFactor: settings.hashType.balanceFactor,
  };
}
