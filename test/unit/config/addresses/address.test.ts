/** Every form of an address, and HAProxy's words for the broken ones. */
import { describe, expect, test } from "bun:test";
import { parseAddress, type AddressRule } from "../../../../src/config/addresses/address.ts";

const bind: AddressRule = { port: "required", range: true, offset: false, descriptor: true, datagram: false };
const server: AddressRule = { port: "optional", range: false, offset: true, descriptor: false, datagram: false };

const parse = (text: string, rule: AddressRule, quoted = false): ReturnType<typeof parseAddress> =>
  parseAddress({ text, column: 1, length: text.length, quoted }, rule, new Map([["PORT", "2222"]]));

const tcp = (host: string, port: number, more: object = {}): object => ({
  kind: "ip",
  isStream: true,
  host,
  isName: false,
  family: null,
  firstPort: port,
  lastPort: port,
  hasPort: port !== 0,
  offset: 0,
  ...more,
});

describe("listening", () => {
  test.each([
    ["*:22", tcp("", 22)],
    [":22", tcp("", 22)],
    ["0.0.0.0:22", tcp("0.0.0.0", 22, { family: 4 })],
    ["[::]:22", tcp("::", 22, { family: 6 })],
    [":::22", tcp("::", 22, { family: 6 })],
    ["::1:22", tcp("::1", 22, { family: 6 })],
    ["[::1]:22", tcp("::1", 22, { family: 6 })],
    ["ipv6@:22", tcp("", 22, { family: 6 })],
    ["tcp4@127.0.0.1:22", tcp("127.0.0.1", 22, { family: 4 })],
    ["mptcp@:22", tcp("", 22)],
    ["git.example:22", tcp("git.example", 22, { isName: true })],
    [":20-22", tcp("", 20, { lastPort: 22 })],
    ["127.0.0.1:${PORT}", tcp("127.0.0.1", 2222, { family: 4 })],
    ["/run/a.sock", { kind: "unix", path: "/run/a.sock", isStream: true }],
    ["unix@a.sock", { kind: "unix", path: "a.sock", isStream: true }],
    ["abns@name", { kind: "abstract", name: "name", isStream: true }],
    ["stream+:22", tcp("", 22)],
    ["stream+tcp4@127.0.0.1:22", tcp("127.0.0.1", 22, { family: 4 })],
    ["stream+uxst@a.sock", { kind: "unix", path: "a.sock", isStream: true }],
    // The nearer word counts, as in HAProxy.
    ["dgram+tcp@:22", tcp("", 22)],
  ])("%s", (text, expected) => expect(parse(text, bind)).toEqual(expected as never));

  test.each([
    ["127.0.0.1", "missing port specification in '127.0.0.1'"],
    [":0", "invalid port '0'"],
    [":70000", "invalid port '70000'"],
    [":22-20", "invalid port range '22-20'"],
    [":x", "invalid character 'x' in port number 'x' in ':x'"],
    [":+5", "port offset not permitted here in ':+5'"],
    ["[::1:22", "invalid address: '[::1' in '[::1:22'"],
    ["tcp4@[::1]:22", "invalid address: '[::1]' in 'tcp4@[::1]:22'"],
    ["stream+udp@:22", "dgram-type address not acceptable in 'stream+udp@:22'"],
    ["dgram+:22", "dgram-type address not acceptable in 'dgram+:22'"],
    ["uxdg@/run/a.sock", "dgram-type address not acceptable in 'uxdg@/run/a.sock'"],
    ["stream+stream+:22", "invalid address: 'stream+' in 'stream+stream+:22'"],
    ["udp@:22", "dgram-type address not acceptable in 'udp@:22'"],
    ["fd@x", "file descriptor 'x' is not a valid integer in 'fd@x'"],
    ["fd@99999", "cannot use file descriptor '99999' : Bad file descriptor."],
    ["127.0.0.1:${NONE}", "missing port specification in '127.0.0.1:${NONE}'"],
  ])("%s is refused", (text, message) => expect(() => parse(text, bind)).toThrow(message));

  test("a quoted word is not expanded again", () =>
    expect(() => parse("127.0.0.1:${PORT}", bind, true)).toThrow("invalid character '$' in port number"));
});

describe("servers", () => {
  test.each([
    ["10.0.0.1", tcp("10.0.0.1", 0, { family: 4 })],
    ["10.0.0.1:22", tcp("10.0.0.1", 22, { family: 4 })],
    ["10.0.0.1:+100", tcp("10.0.0.1", 0, { family: 4, offset: 100 })],
    ["10.0.0.1:-100", tcp("10.0.0.1", 0, { family: 4, offset: -100 })],
    [":22", tcp("", 22)],
  ])("%s", (text, expected) => expect(parse(text, server)).toEqual(expected as never));

  test.each([
    ["10.0.0.1:1-2", "port range not permitted here in '10.0.0.1:1-2'"],
    ["fd@3", "a file descriptor is not acceptable here in 'fd@3'"],
  ])("%s is refused", (text, message) => expect(() => parse(text, server)).toThrow(message));
});
