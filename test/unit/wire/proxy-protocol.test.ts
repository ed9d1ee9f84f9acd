// Where a test names a CVE or a commit, it keeps out the bug class of that report (other projects' code, not ours).
import { describe, expect, test } from "bun:test";
import {
  formatProxyV1,
  formatProxyV2,
  formatSslTlv,
  parseProxyHeader,
  proxyHeaderReasons,
  tlvTypes,
  truncationReason,
} from "../../../src/wire/proxy-protocol.ts";
import { crc32c } from "../../../src/wire/crc32c.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const signature = "\r\n\r\n\0\r\nQUIT\n";
const v2 = (command: number, family: number, body: string, length = body.length): Uint8Array =>
  bytes(`${signature}${String.fromCharCode(command, family, length >> 8, length & 0xff)}${body}`);
const invalid = { state: "invalid", reason: proxyHeaderReasons.invalid } as const;
const tcp4Body = "\x01\x02\x03\x04\x05\x06\x07\x08\x00\x16\x1f\x3f";
const tcp4 = { source: { host: "1.2.3.4", port: 22 }, destination: { host: "5.6.7.8", port: 7999 } };
const header = (length: number, more: object) => ({
  state: "header" as const,
  header: { version: 2 as const, local: false, addresses: null, tlvs: [], ...more },
  length,
});

const v1 = (length: number, addresses: object | null) => header(length, { version: 1, addresses });

const tlv = (type: number, value: string) =>
  `${String.fromCharCode(type, value.length >> 8, value.length & 0xff)}${value}`;

const text = (one: Uint8Array) => Buffer.from(one).toString("latin1");

describe("version 1", () => {
  const rows: [string, object][] = [
    ["PROXY TCP4 1.2.3.4 5.6.7.8 22 7999\r\nSSH-", v1(36, tcp4)],
    [
      "PROXY TCP6 2001:DB8::1 ::ffff:1.2.3.4 1 65535\r\n",
      v1(47, { source: { host: "2001:db8::1", port: 1 }, destination: { host: "::ffff:1.2.3.4", port: 65535 } }),
    ],
    ["PROXY UNKNOWN\r\n", v1(15, null)],
    ["PROXY UNKNOWN ffff:: anything 1 2\r\nx", v1(35, null)],
    ["PROXY UDP4 1.2.3.4 5.6.7.8 22 7999\r\n", { state: "invalid", reason: proxyHeaderReasons.badProtocol }],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 22\r\n", invalid],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 22 70000\r\n", invalid],
    ["PROXY TCP4 1.2.3.4 5.6.7.8  22 7999\r\n", invalid],
    ["PROXY TCP4 1.2.3.4 ::1 22 7999\r\n", invalid],
    ["PROXY TCP4 1.2.3.256 5.6.7.8 22 7999\r\n", invalid],
    ["PROXY TCP6 1:2:3 ::1 22 7999\r\n", invalid],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 22 7999\n", invalid],
    ["SSH-2.0-OpenSSH\r\n", { state: "invalid", reason: proxyHeaderReasons.notHeader }],
    ["PROXX", { state: "invalid", reason: proxyHeaderReasons.truncated }],
    ["SSH-2.0-x\r\n", { state: "invalid", reason: proxyHeaderReasons.truncated }],
    ["\r\n\r\n\0", { state: "need-more", atLeast: 16 }],
    ["\r\n\r\nSSH-2.0", { state: "invalid", reason: proxyHeaderReasons.truncated }],
    ["GET / HTTP/1.0\r\n", { state: "invalid", reason: proxyHeaderReasons.notHeader }],
    ["PROXY \r\n", { state: "need-more", atLeast: 9 }],
    ["", { state: "need-more", atLeast: 1 }],
    ["PROX", { state: "need-more", atLeast: 5 }],
  ];
  test.each(rows)("%j", (text, expected) => {
    expect(parseProxyHeader(bytes(text))).toEqual(expected as ReturnType<typeof parseProxyHeader>);
  });

  test("go-proxyproto CVE-2021-23351: a line without an end is refused at 107 bytes", () => {
    const line = `PROXY UNKNOWN ${"x".repeat(1000)}`;
    expect(parseProxyHeader(bytes(line.slice(0, 106)))).toEqual({ state: "need-more", atLeast: 107 });
    expect(parseProxyHeader(bytes(line.slice(0, 107)))).toEqual(invalid);
    expect(parseProxyHeader(bytes(`${line}\r\n`))).toEqual(invalid);
  });

  test("caddy-l4 209: an incomplete header always asks for more than it has, so that nobody spins", () => {
    const line = "PROXY TCP4 1.2.3.4 5.6.7.8 22 7999\r\n";
    for (let length = 0; length < line.length; length++) {
      const parse = parseProxyHeader(bytes(line.slice(0, length)));
      expect(parse.state === "need-more" && parse.atLeast > length).toBe(true);
    }
  });
});

describe("version 2", () => {
  const rows: [string, Uint8Array, object][] = [
    ["TCP over IPv4", v2(0x21, 0x11, tcp4Body), header(28, { addresses: tcp4 })],
    ["UDP keeps the socket's ends", v2(0x21, 0x12, tcp4Body), header(28, {})],
    ["unix keeps the socket's ends", v2(0x21, 0x31, "x".repeat(216)), header(232, {})],
    ["unspecified", v2(0x21, 0, "junk"), header(20, {})],
    ["LOCAL with a body", v2(0x20, 0x11, tcp4Body), header(28, { local: true })],
    ["another command", v2(0x22, 0x11, tcp4Body), invalid],
    ["another version", v2(0x11, 0x11, tcp4Body), { state: "invalid", reason: proxyHeaderReasons.notHeader }],
    [
      "a field",
      v2(0x21, 0x11, `${tcp4Body}${tlv(5, "ab")}`),
      header(33, { addresses: tcp4, tlvs: [{ type: 5, value: bytes("ab") }] }),
    ],
    ["an authority of 256 bytes", v2(0x21, 0x11, `${tcp4Body}${tlv(2, "a".repeat(256))}`), invalid],
    ["a unique id of 129 bytes", v2(0x21, 0x11, `${tcp4Body}${tlv(5, "a".repeat(129))}`), invalid],
    ["a checksum that is wrong", v2(0x21, 0x11, `${tcp4Body}${tlv(3, "\0\0\0\0")}`), invalid],
    ["a checksum of 3 bytes", v2(0x21, 0x11, `${tcp4Body}${tlv(3, "\0\0\0")}`), invalid],
  ];
  test.each(rows)("%s", (_name, input, expected) => {
    expect(parseProxyHeader(input)).toEqual(expected as ReturnType<typeof parseProxyHeader>);
  });

  test("HAProxy 2020, fields read beyond the header into the payload that came with it", () => {
    const cut = v2(0x21, 0x11, `${tcp4Body}\x05\0\x04ab`);
    const withPayload = new Uint8Array([...cut, ...bytes("cdSSH-2.0-")]);
    expect(parseProxyHeader(withPayload)).toEqual(invalid);
    const whole = v2(0x21, 0x11, tcp4Body);
    expect(parseProxyHeader(new Uint8Array([...whole, 5, 0, 1, 65]))).toEqual(header(28, { addresses: tcp4 }));
  });

  test("Envoy CVE-2024-23327: a LOCAL header without addresses is a header like any other", () => {
    expect(parseProxyHeader(v2(0x20, 0, ""))).toEqual(header(16, { local: true }));
  });

  test("Envoy CVE-2024-23325: an address of a family the system has not is still plain text", () => {
    const body = `${"\0".repeat(15)}\x01${"\0".repeat(15)}\x02\0\x01\0\x02`;
    expect(parseProxyHeader(v2(0x21, 0x21, body))).toEqual(
      header(52, { addresses: { source: { host: "::1", port: 1 }, destination: { host: "::2", port: 2 } } }),
    );
  });

  test("Envoy CVE-2024-23324: a field that is not UTF-8 keeps every byte", () => {
    const value = Uint8Array.of(0xff, 0xc3, 0x28, 0, 0x80);
    const parse = parseProxyHeader(v2(0x21, 0x11, `${tcp4Body}${tlv(0xe0, "\xff\xc3\x28\0\x80")}`));
    expect(parse).toEqual(header(36, { addresses: tcp4, tlvs: [{ type: 0xe0, value }] }));
  });

  test("Apache CVE-2019-10097, caddy-proxyprotocol CVE-2019-14243: addresses cut short are invalid, not read", () => {
    for (let length = 0; length < 12; length++) {
      expect(parseProxyHeader(v2(0x21, 0x11, tcp4Body.slice(0, length)))).toEqual(invalid);
    }
    for (let length = 0; length < 36; length++) {
      expect(parseProxyHeader(v2(0x21, 0x21, "x".repeat(length)))).toEqual(invalid);
    }
  });

  test("a length beyond the buffer is refused before its bytes are waited for", () => {
    const truncated = { state: "invalid", reason: proxyHeaderReasons.truncated } as const;
    expect(parseProxyHeader(v2(0x21, 0x11, "", 0xffff))).toEqual(truncated);
    expect(parseProxyHeader(v2(0x21, 0x11, "", 100), 64)).toEqual(truncated);
    expect(parseProxyHeader(v2(0x21, 0x11, "", 100))).toEqual({ state: "need-more", atLeast: 116 });
  });
});

describe("writing", () => {
  const four = { host: "1.2.3.4", port: 22 };
  const six = { host: "2001:db8::1", port: 23 };
  const plain = { local: false, source: four, destination: tcp4.destination, checksum: false, tlvs: [] };

  test("v1 has real addresses, or UNKNOWN where the ends do not match, as HAProxy", () => {
    expect(text(formatProxyV1(four, tcp4.destination))).toBe("PROXY TCP4 1.2.3.4 5.6.7.8 22 7999\r\n");
    expect(text(formatProxyV1(six, six))).toBe("PROXY TCP6 2001:db8::1 2001:db8::1 23 23\r\n");
    expect(text(formatProxyV1(four, six))).toBe("PROXY UNKNOWN\r\n");
    expect(text(formatProxyV1(null, six))).toBe("PROXY UNKNOWN\r\n");
  });

  test("v2 maps mixed ends to IPv6 and is LOCAL without ends", () => {
    expect(formatProxyV2(plain)).toEqual(v2(0x21, 0x11, tcp4Body));
    const mixed = parseProxyHeader(formatProxyV2({ ...plain, destination: six }));
    expect(mixed).toEqual(
      header(52, { addresses: { source: { host: "::ffff:1.2.3.4", port: 22 }, destination: six } }),
    );
    expect(formatProxyV2({ ...plain, source: null })).toEqual(v2(0x20, 0, ""));
    expect(formatProxyV2({ ...plain, local: true, source: null, destination: null })).toEqual(v2(0x20, 0, ""));
  });

  test("a checked LOCAL header is byte for byte HAProxy's", () => {
    const local = { local: true, source: null, destination: null, checksum: true, tlvs: [] };
    expect(formatProxyV2(local)).toEqual(v2(0x20, 0, "\x03\x00\x04\xa9\xb8~\x8f"));
  });

  test("fields come back as they went, under a checksum that fits", () => {
    const tlvs = [
      { type: tlvTypes.uniqueId, value: bytes("id-1") },
      { type: 0xe1, value: new Uint8Array(0) },
    ];
    const parse = parseProxyHeader(formatProxyV2({ ...plain, checksum: true, tlvs }));
    expect(parse.state === "header" && parse.header.tlvs.slice(1)).toEqual(tlvs);
  });

  test("the field about TLS has fields within, of what there is", () => {
    const none = {
      isTls: false,
      hasShownCertificate: false,
      hasCertificate: false,
      verify: 0,
      version: null,
      commonName: null,
      keyAlgorithm: null,
      signatureAlgorithm: null,
      cipher: null,
    };
    expect(formatSslTlv(none)).toEqual({ type: 0x20, value: bytes("\0\0\0\0\0") });
    const all = {
      isTls: true,
      hasShownCertificate: true,
      hasCertificate: true,
      verify: 0x01020304,
      version: "v",
      commonName: "name",
      keyAlgorithm: "EC256",
      signatureAlgorithm: "",
      cipher: "c",
    };
    expect(formatSslTlv(all).value).toEqual(
      bytes("\x07\x01\x02\x03\x04\x21\0\x01v\x22\0\x04name\x25\0\x05EC256\x23\0\x01c"),
    );
    expect(formatSslTlv({ ...all, hasShownCertificate: false }).value[0]).toBe(5);
    expect(formatSslTlv({ ...none, isTls: true, commonName: "x".repeat(0x10000), cipher: "c" }).value).toEqual(
      bytes("\x01\0\0\0\0\x23\0\x01c"),
    );
  });

  test("Envoy CVE-2026-47692: fields that do not fit are left out whole and the length says what was written", () => {
    const big = { type: 0xe0, value: new Uint8Array(65_000).fill(65) };
    const small = { type: 0xe1, value: bytes("x") };
    const written = formatProxyV2({ ...plain, tlvs: [big, { ...big, type: 0xe2 }, small] });
    expect(written.length).toBe(16 + new DataView(written.buffer).getUint16(14));
    const parse = parseProxyHeader(written, 100_000);
    expect(parse.state === "header" && parse.header.tlvs.map(({ type }) => type)).toEqual([0xe0, 0xe1]);
    expect(parse.state === "header" && parse.length).toBe(written.length);
  });
});

test("the checksum is RFC 3720's", () => {
  expect(crc32c(bytes("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test("what ends too early is truncated, unless its beginning names a protocol that nobody knows", () => {
  const reasons = ["x", "PROXY", "PROXY \r\n", "PROXY TCP4 1.2", "PROXY TCP4", "PROXY UNKNOWN", signature].map((one) =>
    truncationReason(bytes(one)),
  );
  const { truncated, badProtocol } = proxyHeaderReasons;
  expect(reasons).toEqual([truncated, truncated, truncated, truncated, badProtocol, badProtocol, truncated]);
});
