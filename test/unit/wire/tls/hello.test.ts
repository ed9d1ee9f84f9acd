import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { processorMs } from "../../../processor-time.ts";
import type { TlsHello } from "../../../../src/wire/tls/hello.ts";
import {
  hasSupportedGroups,
  offeredCiphers,
  offeredProtocols,
  parseTlsHello,
  serverName,
  sessionTicketState,
} from "../../../../src/wire/tls/hello.ts";
import { alpnExtension, clientHelloMessage, extension, records, serverNameExtension } from "./hello-bytes.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function hello(bytes: Uint8Array): TlsHello {
  const parse = parseTlsHello(bytes);
  if (parse.state !== "hello") throw new Error(parse.state);
  return parse.hello;
}

function facts(one: TlsHello): unknown {
  const { type, recordVersion, version } = one;
  return {
    type,
    recordVersion,
    version,
    name: serverName(one),
    protocols: offeredProtocols(one),
    groups: hasSupportedGroups(one),
    ticket: sessionTicketState(one),
  };
}

const message = clientHelloMessage(
  serverNameExtension("git.example.com"),
  extension(10, [0, 2, 0, 29]),
  extension(35, []),
  alpnExtension("h2", "http/1.1"),
);
const whole = {
  type: 1,
  recordVersion: 0x0301,
  version: 0x0303,
  name: "git.example.com",
  protocols: ["h2", "http/1.1"],
  groups: true,
  ticket: 1,
};

describe("a ClientHello", () => {
  test("says name, protocols and versions", () => {
    expect(facts(hello(records(message)))).toEqual(whole);
  });

  test("may be spread over records", () => {
    expect(facts(hello(records(message, 7)))).toEqual(whole);
  });

  test("is read without what comes behind it", () => {
    const bytes = records(message);
    const more = new Uint8Array(bytes.length + 100).fill(0xff);
    more.set(bytes);
    expect(facts(hello(more))).toEqual(whole);
  });

  test("without extensions names nobody", () => {
    expect(facts(hello(records(clientHelloMessage())))).toEqual({
      ...whole,
      name: null,
      protocols: [],
      groups: false,
      ticket: 0,
    });
  });

  test("with a ticket says so", () => {
    expect(sessionTicketState(hello(records(clientHelloMessage(extension(35, [1])))))).toBe(2);
  });
});

test("the message is there as a whole, and the ciphers that it offers", () => {
  const one = hello(records(message, 7));
  expect([...one.message]).toEqual(message);
  expect([...offeredCiphers(one)]).toEqual([0xc0, 0x2b, 0xc0, 0x2f]);
  const lying = message.with(41, 0xff);
  expect([...offeredCiphers({ type: 1, message: Uint8Array.from(lying) })]).toEqual([]);
});

test("a ServerHello is type 2", () => {
  const message = [2, 0, 0, 38, 3, 3, ...Array.from({ length: 32 }, () => 7), 0, 0xc0, 0x2f, 0];
  const { type, version, extensions } = hello(records(message));
  expect({ type, version, extensions }).toEqual({ type: 2, version: 0x0303, extensions: [] });
});

test("what is not TLS is told from its first byte on", () => {
  for (const text of ["SSH-2.0-x\r\n", "GET / HTTP/1.1\r\n", "\0\0\0\0", "\x16\x02\0"]) {
    expect(parseTlsHello(Buffer.from(text, "latin1"))).toEqual({ state: "none" });
  }
});

test("asks for more while the record is not whole, and never for more than the buffer takes", () => {
  const bytes = records(message);
  expect(parseTlsHello(new Uint8Array(0))).toEqual({ state: "need-more", atLeast: 1 });
  expect(parseTlsHello(bytes.subarray(0, 3))).toEqual({ state: "need-more", atLeast: 4 });
  expect(parseTlsHello(bytes.subarray(0, bytes.length - 1))).toEqual({ state: "need-more", atLeast: bytes.length });
  expect(parseTlsHello(bytes, 100)).toEqual({ state: "none" });
  expect(parseTlsHello(Uint8Array.of(0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff))).toEqual({ state: "none" });
});

test("lengths that lie give no name instead of somebody else's bytes", () => {
  const name = Uint8Array.from(records(clientHelloMessage(extension(0, [0, 200, 0, 0, 100, 65, 66]))));
  expect(serverName(hello(name))).toBeNull();
  const list = Uint8Array.from(records(clientHelloMessage(extension(16, [0, 200, 2, 104, 50, 90]))));
  expect(offeredProtocols(hello(list))).toEqual(["h2"]);
  const short = Uint8Array.from(records(clientHelloMessage(extension(0, []))));
  expect(serverName(hello(short))).toBeNull();
});

test("a hello in records of one byte each, sent byte by byte, costs little", () => {
  const bytes = records(
    clientHelloMessage(
      serverNameExtension("a".repeat(200)),
      extension(
        21,
        Array.from({ length: 700 }, () => 0),
      ),
    ),
    1,
  );
  const tookMs = processorMs(() => {
    for (let length = 0; length <= bytes.length; length++) parseTlsHello(bytes.subarray(0, length));
  });
  expect(parseTlsHello(bytes).state).toBe("hello");
  expect(tookMs).toBeLessThan(2000);
});
