/** Fetches of bytes that have come and not yet gone on (manual, sections 7.3.4 and 7.3.5). */
import {
  hasSupportedGroups,
  offeredProtocols,
  serverName,
  sessionTicketState,
  type TlsHello,
  TlsHelloReader,
} from "../../wire/tls/hello.ts";
import { textOf } from "../samples/argument-checks.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import { isFinal, type Payload, payloadOf } from "../context.ts";
import {
  type ArgumentCheck,
  type Arguments,
  type Evaluate,
  fetch,
  type FetchCompiler,
  type FetchRow,
} from "../samples/rows.ts";
import { parseRdpCookie } from "../../wire/rdp.ts";
import { type Sample, bin, bool, sint, str } from "../value/sample.ts";
import type { ReaderKind } from "../sniffing.ts";

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

const ofBytes = reading((bytes) => sint(bytes.length));

/** Of a message of HTTP: its fields and what has come of its body. */
function length(): FetchCompiler {
  return () => (context) => {
    const message = context.http?.response ?? context.http?.request ?? null;
    return message === null ? ofBytes(context) : sint(message.fields.bytes + message.body.bytes.length);
  };
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

const checkBlock: ArgumentCheck = ([, size]) =>
  typeof size === "number" && size < 0 ? "payload length must be >= 0" : null;

/** Whether all that is there is asked for. */
function isOpenEnded(args: Arguments): boolean {
  return numberArgument(args, 1) === 0;
}

const checkLengthValue: ArgumentCheck = ([, size, offset]) => {
  if (typeof size === "number" && size <= 0) return "payload length must be > 0";
  return offset === undefined || /^[+-]?[0-9]+$/.test(textOf(offset)) ? null : "payload offset2 is not a number";
};

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

const groupsExtension = ofClientHello((hello) => (hasSupportedGroups(hello) ? bool(true) : undefined));
const ticketExtension = ofClientHello((hello) => sint(sessionTicketState(hello)));
const tlsVersion = ofClientHello((hello) => sint((hello.version >> 8) * 65_536 + (hello.version & 0xff)));

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

const growing = { mayChange: () => true };
const ofBlock = { check: checkBlock, mayChange: isOpenEnded };
const ofLengthValue = { check: checkLengthValue };

/** The fetches of this file. */
export const payloadFetches: readonly FetchRow[] = [
  fetch("payload(integer,integer): bin", "request or response buffer", block(), ofBlock),
  fetch("payload_lv(integer,integer[,string]): bin", "request or response buffer", lengthValue(), ofLengthValue),
  fetch("rdp_cookie([string]): str", "request buffer", rdpCookie),
  fetch("rdp_cookie_cnt([string]): sint", "request buffer", rdpCookieCount),
  fetch("rep_ssl_hello_type: sint", "response buffer", helloType()),
  fetch("req.len: sint", "request buffer", length(), growing),
  fetch("req.payload(integer,integer): bin", "request buffer", block(), {
    ...ofBlock,
    aclKeywords: [{ name: "payload", match: "bin" }],
  }),
  fetch("req.payload_lv(integer,integer[,string]): bin", "request buffer", lengthValue(), {
    ...ofLengthValue,
    aclKeywords: [{ name: "payload_lv", match: "bin" }],
  }),
  fetch("req.rdp_cookie([string]): str", "request buffer", rdpCookie, {
    aclKeywords: [{ name: "req_rdp_cookie", match: "str" }],
  }),
  fetch("req.rdp_cookie_cnt([string]): sint", "request buffer", rdpCookieCount, {
    aclKeywords: [{ name: "req_rdp_cookie_cnt", match: "int" }],
  }),
  fetch(
    "req.ssl_alpn: str",
    "request buffer",
    (args) => {
      const occurrence = numberArgument(args, 0);
      return ofHello((hello) => {
        const name = offeredProtocols(hello)[occurrence];
        return name === undefined || hello.type !== 1 ? undefined : str(name);
      });
    },
    { occurrences: 16 },
  ),
  fetch("req.ssl_ec_ext: bool", "request buffer", groupsExtension),
  fetch("req.ssl_hello_type: sint", "request buffer", helloType()),
  fetch("req.ssl_sni: str", "request buffer", sni),
  fetch("req.ssl_st_ext: sint", "request buffer", ticketExtension),
  fetch("req.ssl_ver: sint", "request buffer", tlsVersion, {
    isVersion: true,
    aclKeywords: [
      { name: "req.ssl_ver", match: "int" },
      { name: "req_ssl_ver", match: "int" },
    ],
  }),
  fetch("req_len: sint", "request buffer", length(), growing),
  fetch("req_ssl_hello_type: sint", "request buffer", helloType()),
  fetch("req_ssl_sni: str", "request buffer", sni),
  fetch("req_ssl_ver: sint", "request buffer", tlsVersion, { isVersion: true }),
  fetch("res.len: sint", "response buffer", length(), growing),
  fetch("res.payload(integer,integer): bin", "response buffer", block(), ofBlock),
  fetch("res.payload_lv(integer,integer[,string]): bin", "response buffer", lengthValue(), ofLengthValue),
  fetch("res.ssl_hello_type: sint", "response buffer", helloType()),
  fetch("wait_end: bool", "internal", () => (context) => (isFinal(context) ? bool(true) : "wait")),
];
