/** Fetches of bytes that have come and not yet gone on (manual, sections 7.3.4 and 7.3.5). */
import type { SampleExpression } from "../../plan/sample.ts";
import { type HttpRequestHead, HttpRequestReader } from "../../wire/http-request.ts";
import {
  hasSupportedGroups,
  offeredProtocols,
  serverName,
  sessionTicketState,
  type TlsHello,
  TlsHelloReader,
} from "../../wire/tls-hello.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import type { Payload, Sample, SampleContext } from "../context.ts";
import type { Evaluate, FetchCompiler } from "../expression.ts";
import { parseRdpCookie } from "../../wire/rdp.ts";
import { bin, bool, sint, str } from "../value/sample.ts";
import type { ReaderKind } from "../sniffing.ts";
import { wordTable } from "../../word-table.ts";

/** Whether no more bytes will come before the rules decide; true where there is no payload at all. */
export function isFinal(context: SampleContext): boolean {
  return payloadOf(context)?.final ?? true;
}

const changing = /^((req|res)[._]len|(req\.|res\.)?payload|date|date_us|rand|uuid)$/;

/** Whether a fetch's value may be another one at the next look, so that a test that fails is not final. */
export function mayFetchChange(expression: SampleExpression): boolean {
  if (!changing.test(expression.fetch)) return false;
  return !expression.fetch.endsWith("payload") || numberArgument(expression.arguments, 1) === 0;
}

/** How many values of a fetch an ACL tries one after the other; the fetch then takes the value's number as an argument. */
export function occurrencesOf(expression: SampleExpression): number {
  return expression.fetch === "req.ssl_alpn" && expression.converters.length === 0 ? 16 : 1;
}

/** The payload of the direction whose rules run: as in HAProxy that, and no word of a fetch's name, says which one is meant. */
function payloadOf(context: SampleContext): Payload | null {
  return context.response ?? context.request;
}

/** Reads a payload; "short" is "wait" as long as more may come, and nothing after that. `bufferBytes`: so many may come in all. */
function reading(read: (bytes: Uint8Array, bufferBytes: number) => Sample | undefined | "short"): Evaluate {
  return looking(({ bytes, bufferBytes }) => read(bytes, bufferBytes ?? Number.POSITIVE_INFINITY));
}

function looking(look: (payload: Payload) => Sample | undefined | "short"): Evaluate {
  return (context) => {
    const payload = payloadOf(context);
    if (payload === null) return undefined;
    const sample = look(payload);
    if (sample === "short") return payload.final ? undefined : "wait";
    // Whatever is made of it or compared with it costs as much at least.
    if (sample?.type === "str" || sample?.type === "bin") payload.sniffing?.count(sample.value.length);
    return sample;
  };
}

/** The reader that goes on where the look before ended. */
function readerFor<Reader>(payload: Payload, kind: ReaderKind<Reader>): Reader {
  return payload.sniffing === undefined ? new kind() : payload.sniffing.reader(kind);
}

function length(): FetchCompiler {
  return () => reading((bytes) => sint(bytes.length));
}

/** `(offset,length)`; length 0 stands for all that is there. */
function block(): FetchCompiler {
  return (args) => {
    const [offset, size] = [numberArgument(args, 0), numberArgument(args, 1)];
    return reading((bytes, bufferBytes) => {
      if (offset + size > bufferBytes) return undefined;
      if (offset < 0 || offset + size > bytes.length) return "short";
      return bin(bytes.slice(offset, size === 0 ? bytes.length : offset + size));
    });
  };
}

/** `(offset of the length,its bytes[,offset of the value])`; a signed third argument counts from behind the length. HAProxy 2.6 halves an unsigned one; the manual does not. */
function lengthValue(): FetchCompiler {
  return (args) => {
    const [lengthAt, lengthBytes] = [numberArgument(args, 0), numberArgument(args, 1)];
    const behind = lengthAt + lengthBytes;
    const third = textArgument(args, 2);
    const start = !hasArgument(args, 2) ? behind : /^[+-]/.test(third) ? behind + Number(third) : Number(third);
    return reading((bytes, bufferBytes) => {
      if (lengthAt < 0 || behind > bytes.length) return "short";
      let size = 0;
      for (let at = lengthAt; at < behind; at++) size = size * 256 + bytes[at]!;
      if (size === 0 || start < 0 || start + size > bufferBytes) return undefined;
      return start + size > bytes.length ? "short" : bin(bytes.slice(start, start + size));
    });
  };
}

/** Something said by the TLS hello at the start of the payload. */
function ofHello(read: (hello: TlsHello) => Sample | undefined): Evaluate {
  return looking((payload) => {
    const parsed = readerFor(payload, TlsHelloReader).read(payload.bytes);
    if (parsed.state === "need-more") return "short";
    return parsed.state === "hello" ? read(parsed.hello) : undefined;
  });
}

/** As ofHello, for what only a client's hello says. */
function ofClientHello(read: (hello: TlsHello) => Sample | undefined): FetchCompiler {
  return () => ofHello((hello) => (hello.type === 1 ? read(hello) : undefined));
}

function helloType(): FetchCompiler {
  return () => ofHello((hello) => sint(hello.type));
}

const sni = ofClientHello((hello) => {
  const name = serverName(hello);
  return name === null ? undefined : str(name);
});

const version = ofClientHello((hello) => sint((hello.version >> 8) * 65_536 + (hello.version & 0xff)));

/** Something said by the HTTP/1 request at the start of the payload. */
function ofHttpRequest(read: (head: HttpRequestHead) => Sample | undefined): FetchCompiler {
  return () =>
    looking((payload) => {
      const parsed = readerFor(payload, HttpRequestReader).read(payload.bytes);
      if (parsed.state === "need-more") return "short";
      return parsed.state === "found" ? read(parsed.found) : undefined;
    });
}

const isHttp = ofHttpRequest(() => bool(true));
const httpVersion = ofHttpRequest((head) => (head.version === "" ? undefined : str(head.version)));

/** `([name])`: the value of the cookie of that name, or of any. */
const rdpCookie: FetchCompiler = (args) => {
  const name = textArgument(args, 0);
  return reading((bytes) => {
    const cookie = parseRdpCookie(bytes, name);
    return typeof cookie === "object" ? str(cookie.value) : cookie === "need-more" ? "short" : undefined;
  });
};

const rdpCookieCount: FetchCompiler = (args) => {
  const name = textArgument(args, 0);
  return reading((bytes) => {
    const cookie = parseRdpCookie(bytes, name);
    return cookie === "need-more" ? "short" : sint(typeof cookie === "object" ? 1 : 0);
  });
};

export const payloadFetches = wordTable<FetchCompiler>({
  "req.len": length(),
  req_len: length(),
  "res.len": length(),
  "req.payload": block(),
  "res.payload": block(),
  payload: block(),
  "req.payload_lv": lengthValue(),
  "res.payload_lv": lengthValue(),
  payload_lv: lengthValue(),
  "req.ssl_hello_type": helloType(),
  req_ssl_hello_type: helloType(),
  "res.ssl_hello_type": helloType(),
  rep_ssl_hello_type: helloType(),
  "req.ssl_sni": sni,
  req_ssl_sni: sni,
  "req.ssl_ver": version,
  req_ssl_ver: version,
  "req.ssl_alpn": (args) => {
    const occurrence = numberArgument(args, 0);
    return ofHello((hello) => {
      const name = offeredProtocols(hello)[occurrence];
      return name === undefined || hello.type !== 1 ? undefined : str(name);
    });
  },
  "req.ssl_ec_ext": ofClientHello((hello) => (hasSupportedGroups(hello) ? bool(true) : undefined)),
  "req.ssl_st_ext": ofClientHello((hello) => sint(sessionTicketState(hello))),
  "req.rdp_cookie": rdpCookie,
  rdp_cookie: rdpCookie,
  "req.rdp_cookie_cnt": rdpCookieCount,
  rdp_cookie_cnt: rdpCookieCount,
  "req.proto_http": isHttp,
  req_proto_http: isHttp,
  "req.ver": httpVersion,
  req_ver: httpVersion,
  method: ofHttpRequest((head) => str(head.method)),
  url: ofHttpRequest((head) => str(head.uri)),
  wait_end: () => (context) => (isFinal(context) ? bool(true) : "wait"),
});
