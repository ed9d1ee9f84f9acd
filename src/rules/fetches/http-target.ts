/** Fetches of what a request asks for: its target, the parts of it, and parameters (manual, section 7.3.6). */
import { latin1, bytesOf } from "../../wire/latin1.ts";
import { textArgument } from "../samples/arguments.ts";
import { type AclKeyword, fetch, type FetchRow } from "../samples/rows.ts";
import { avalanche, sdbm } from "../value/hash.ts";
import { address, bin, cast, leadingInteger, type Sample, sint, str, uint32Bytes } from "../value/sample.ts";
import { pathStart, queryStart } from "../value/target.ts";
import { hostSample } from "./connection.ts";
import { matching } from "./http-fields.ts";
import { allOfMessage, ofMessage, presentRequest, type Request } from "./http-message.ts";

/** From the path on; undefined where there is none. */
function pathAndQuery(target: string): string | undefined {
  const start = pathStart(target);
  return start < 0 ? undefined : target.slice(start);
}

function pathOnly(target: string): string | undefined {
  const path = pathAndQuery(target);
  return path?.slice(0, queryStart(path));
}

function query(target: string): string | undefined {
  const mark = queryStart(target);
  return mark === target.length ? undefined : target.slice(mark + 1);
}

function ofTarget(
  form: string,
  read: (target: string) => string | undefined,
  keywords: readonly AclKeyword[] = [],
): FetchRow {
  return fetch(form, "request head", () => ofMessage(presentRequest, ({ target }) => textSample(read(target))), {
    aclKeywords: keywords,
  });
}

function textSample(text: string | undefined): Sample | undefined {
  return text === undefined ? undefined : str(text);
}

/** The Host field's first value, then a part of the target. */
function withHost({ fields, target }: Request, part: (target: string) => string | undefined): string | undefined {
  const at = fields.find("host");
  const host = at < 0 ? "" : fields.value(at);
  const path = part(target);
  return host === "" ? path : host + (path ?? "");
}

function ofHost(
  form: string,
  part: (target: string) => string | undefined,
  keywords: readonly AclKeyword[] = [],
): FetchRow {
  return fetch(
    form,
    "request head",
    () => ofMessage(presentRequest, (request) => textSample(withHost(request, part))),
    {
      aclKeywords: keywords,
    },
  );
}

function hash(request: Request, part: (target: string) => string | undefined): number {
  return avalanche(sdbm(bytesOf(withHost(request, part) ?? "")));
}

function hashed(form: string, part: (target: string) => string | undefined): FetchRow {
  return fetch(form, "request head", () => ofMessage(presentRequest, (request) => sint(hash(request, part))));
}

/** The hash's four bytes, then the client's address. */
function hashedWithSource(form: string, part: (target: string) => string | undefined): FetchRow {
  return fetch(form, "request head", () => (context) => {
    const request = presentRequest(context);
    if (request === undefined || request === "wait") return request;
    const source = hostSample(context.source);
    const bytes = source === undefined ? undefined : cast(source, "bin");
    if (bytes?.type !== "bin") return undefined;
    return bin(Uint8Array.of(...uint32Bytes(hash(request, part)), ...bytes.value));
  });
}

/** The address in an absolute target, and its port. */
function hostAndPort(target: string): { readonly host: string; readonly port: number } | undefined {
  const [, scheme, host = "", port] = /^(https?):\/\/([0-9.]+)(?::([0-9]+))?(?:[/?]|$)/i.exec(target) ?? [];
  if (address(host) === undefined) return undefined;
  return { host, port: Number(port ?? (scheme?.toLowerCase() === "https" ? 443 : 80)) };
}

/** A parameter's value; "" as name: of the first. Each has an equals sign, and ends at `&`, `;` or the delimiter. */
function* parameters(text: string, name: string, delimiter: string): Generator<string> {
  for (let from = 0; from <= text.length;) {
    let end = from;
    while (end < text.length && !isBetween(text[end] ?? "", delimiter)) end += 1;
    const equals = text.indexOf("=", from);
    if (equals >= 0 && equals < end && (name === "" || text.slice(from, equals) === name))
      yield text.slice(equals + 1, end);
    from = end + 1;
  }
}

function isBetween(character: string, delimiter: string): boolean {
  return character === "&" || character === ";" || character === delimiter;
}

/** Of a target, the parameters of that name behind the first delimiter. */
function parametersOf(target: string, name: string, delimiter: string): Iterable<string> {
  const at = target.indexOf(delimiter);
  return at < 0 ? [] : parameters(target.slice(at + 1), name, delimiter);
}

function first(texts: Iterable<string>): string | undefined {
  for (const text of texts) return text;
  return undefined;
}

/** `NAME([parameter[,delimiter]])` */
function parameter(form: string, to: (value: string) => Sample, keywords: readonly AclKeyword[] = []): FetchRow {
  return fetch(
    form,
    "request head",
    (args) => {
      const [name, delimiter] = [textArgument(args, 0), textArgument(args, 1).slice(0, 1) || "?"];
      return ofMessage(presentRequest, ({ target }) => {
        const value = first(parametersOf(target, name, delimiter));
        return value === undefined ? undefined : to(value);
      });
    },
    {
      all: (args) => {
        const [name, delimiter] = [textArgument(args, 0), textArgument(args, 1).slice(0, 1) || "?"];
        return allOfMessage(presentRequest, ({ target }) => Array.from(parametersOf(target, name, delimiter), to));
      },
      aclKeywords: keywords,
    },
  );
}

function formParameters({ body }: Request, name: string): Iterable<string> {
  return parameters(latin1(body.bytes), name, "&");
}

/** `req.body_param([parameter])`: of a form that was sent. */
function bodyParameter(): FetchRow {
  return fetch(
    "req.body_param([string]): bin",
    "request head",
    (args) => {
      const name = textArgument(args, 0);
      return ofMessage(presentRequest, (request) => textSample(first(formParameters(request, name))));
    },
    {
      all: (args) => {
        const name = textArgument(args, 0);
        return allOfMessage(presentRequest, (request) => Array.from(formParameters(request, name), str));
      },
    },
  );
}

function toInteger(text: string): Sample {
  return sint(leadingInteger(text));
}

/** The fetches of this file. */
export const httpTargetFetches: readonly FetchRow[] = [
  ofHost("base: str", pathOnly, matching("base")),
  ofHost("baseq: str", pathAndQuery),
  hashed("base32: sint", pathOnly),
  hashedWithSource("base32+src: bin", pathOnly),
  hashed("url32: sint", pathAndQuery),
  hashedWithSource("url32+src: bin", pathAndQuery),
  ofTarget("path: str", pathOnly, matching("path")),
  ofTarget("pathq: str", pathAndQuery),
  ofTarget("query: str", query),
  ofTarget("url: str", (target) => target, matching("url")),
  fetch("url_ip: ipv4", "request head", () =>
    ofMessage(presentRequest, ({ target }) => {
      const found = hostAndPort(target);
      return found === undefined ? undefined : address(found.host);
    }),
  ),
  fetch("url_port: sint", "request head", () =>
    ofMessage(presentRequest, ({ target }) => {
      const found = hostAndPort(target);
      return found === undefined ? undefined : sint(found.port);
    }),
  ),
  parameter("url_param([string,string]): str", str),
  parameter("urlp([string,string]): str", str, matching("urlp")),
  parameter("urlp_val([string,string]): sint", toInteger),
  bodyParameter(),
];
