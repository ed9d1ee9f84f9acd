/** `tcp-check` and `http-check` lines: words to the steps of a check's script. */
import { parseAddress, serverAddress } from "../addresses/address.ts";
import type { CheckRule } from "../draft/check-lists.ts";
import { parseHttpSend } from "./check-send.ts";
import { parseExpect } from "./check-expect.ts";
import {
  binary,
  checkExpression,
  checkFormat,
  type CheckLine,
  checkSite,
  commentAt,
  evenHex,
  stepBase,
} from "./check-line.ts";
import { connectTls, newConnectTls, readTlsWord } from "./check-tls.ts";
import { Complaint, prefixed } from "../text/complaint.ts";
import { parseExpression } from "../expressions/expression.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import type { Line } from "../row/row.ts";
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { CheckTlsPlan } from "../../plan/tls.ts";
import type { Word } from "../text/statement.ts";

/** Reads one step (manual, 4.2, `tcp-check` and `http-check`). Throws a Complaint that begins with the step's name. */
export function parseCheckStep(target: ProxySection, line: Line, family: "tcp" | "http"): CheckRule {
  const check: CheckLine = { target, line, family, words: line.words, start: line.start };
  const step = line.keyword.text;
  return prefixed(`'${family}-check ${step}' : `, () => {
    const kind = step.replace(/\(.*$/s, "");
    if (kind === "connect") return parseConnect(check);
    if (kind === "expect") return parseExpect(check);
    if (kind === "set-var" || kind === "set-var-fmt" || kind === "unset-var") return parseVariable(check, kind);
    if (family === "http") return httpSend(check);
    return parseSend(check, kind);
  });
}

function parseConnect(check: CheckLine): CheckRule {
  const step = {
    kind: "connect" as const,
    default: false,
    port: null as number | SampleExpression | null,
    address: null as ReturnType<typeof serverAddress> | null,
    sendProxy: false,
    linger: false,
    tls: null as CheckTlsPlan | null,
    optional: false,
  };
  let comment: string | null = null;
  const tls = newConnectTls();
  for (let index = 0; index < check.words.length; index++) {
    const word = check.words[index];
    switch (word?.text) {
      case "default":
        step.default = true;
        break;
      case "send-proxy":
        step.sendProxy = true;
        break;
      case "linger":
        step.linger = true;
        break;
      case "port":
        step.port = connectPort(check, check.words[++index], word);
        break;
      case "addr":
        step.address = connectAddress(check, check.words[++index], word);
        break;
      case "comment":
        comment = commentAt(check, index++);
        break;
      case "proto":
        checkProtocol(check, check.words[++index], word);
        break;
      case "ssl":
        tls.isSpoken = true;
        break;
      case "sni":
      case "alpn":
        readTlsWord(tls, check.family, word, check.words[++index]);
        break;
      case "via-socks4":
        throw new Complaint(`'${word.text}' is not supported`, word, "checks connect straight to the server");
      default:
        throw new Complaint(
          `expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', 'default' but got '${word?.text ?? ""}' as argument..`,
          word ?? null,
        );
    }
  }
  step.tls = connectTls(tls, check.line);
  return { ...stepBase(check, comment), ...step };
}

/** Checks of HTTP speak HTTP/1.1, and those of TCP nothing of their own. */
function checkProtocol({ family }: CheckLine, word: Word | undefined, keyword: Word): void {
  if (word === undefined || word.text === "") {
    throw new Complaint("'proto' expects a MUX protocol as argument..", keyword);
  }
  const { text } = word;
  if (text === (family === "http" ? "h1" : "none")) return;
  if (!["h1", "h2", "fcgi", "none"].includes(text)) {
    throw new Complaint(`'proto' : unknown MUX protocol '${text}'..`, word);
  }
  if (family === "tcp" || text === "none") {
    throw new Complaint(`'proto' : invalid MUX protocol '${text}' for ${family}-check.`, word);
  }
  throw new Complaint(`'proto ${text}' is not supported`, word, "HTTP/1.1 is what is spoken: remove it");
}

function connectPort(check: CheckLine, word: Word | undefined, keyword: Word): number | SampleExpression {
  const text = word?.text ?? "";
  if (text === "") {
    throw new Complaint("'port' expects a port number or a sample expression as argument..", word ?? keyword);
  }
  if (word !== undefined && !/^\d+$/.test(text)) {
    const { line } = check;
    const alone = { ...check, line: { ...line, statement: { ...line.statement, words: [word] } }, start: 0 };
    return checkExpression(alone, 0, "port");
  }
  const port = Number(text);
  if (port < 1 || port > 65_535) {
    throw new Complaint(
      `expects a valid TCP port (from range 1 to 65535) or a sample expression, got ${text}..`,
      word ?? keyword,
    );
  }
  return port;
}

function connectAddress(check: CheckLine, word: Word | undefined, keyword: Word): ReturnType<typeof serverAddress> {
  if (word === undefined || word.text === "") {
    throw new Complaint("'addr' expects <ipv4|ipv6> as argument..", keyword);
  }
  const rule = { port: "optional", range: false, offset: false, descriptor: false, datagram: false } as const;
  return prefixed("'addr' : ", () => serverAddress(parseAddress(word, rule, check.line.draft.context.environment)));
}

function parseSend(check: CheckLine, kind: string): CheckRule {
  const [word, extra] = check.words;
  const isBinary = kind.startsWith("send-binary");
  if (word === undefined || word.text === "") {
    const what = isBinary ? "binary string" : "string";
    throw new Complaint(`'${what}' expects a ${kind} as argument.`, check.line.keyword);
  }
  let comment: string | null = null;
  if (extra !== undefined) {
    if (extra.text !== "comment") {
      throw new Complaint(`expects 'comment' but got '${extra.text}' as argument..`, extra);
    }
    comment = commentAt(check, 1);
  }
  const data = kind.endsWith("-lf")
    ? checkFormat(check, 0)
    : isBinary
      ? binary(word.text, () => new Complaint(`'${word.text}' invalid binary string (${evenHex}).\n.`, word))
      : Buffer.from(word.text, "latin1");
  return { ...stepBase(check, comment), kind: "send", data };
}

const scopes = new Set(["proc", "sess", "txn", "req", "res", "check"]);

function parseVariable(check: CheckLine, kind: "set-var" | "set-var-fmt" | "unset-var"): CheckRule {
  const { keyword } = check.line;
  const name = /\((.*)\)?$/s.exec(keyword.text)?.[1]?.replace(/\)$/, "") ?? "";
  if (!scopes.has(name.split(".")[0] ?? "") || !/^\w+\.[A-Za-z0-9_.]+$/.test(name)) {
    throw new Complaint(
      `'${kind}' : invalid variable name '${name}'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'.`,
      keyword,
    );
  }
  const base = stepBase(check, null);
  if (kind === "unset-var") return { ...base, kind: "unset-var", name };
  if (check.words[0] === undefined) {
    throw new Complaint(`'${kind}' : missing ${kind === "set-var" ? "fetch method" : "format string"}.`, keyword);
  }
  const value =
    kind === "set-var-fmt"
      ? checkFormat(check, 0)
      : prefixed("'set-var' : ", () =>
          parseExpression({ statement: check.line.statement, index: check.start }, check.target.scope, {
            site: checkSite,
            where: null,
          }),
        );
  return { ...base, kind: "set-var", name, value };
}

function httpSend(check: CheckLine): CheckRule {
  const { request, comment } = parseHttpSend(check);
  return { ...stepBase(check, comment), kind: "http-send", request, isImplicit: false };
}
