/** The fields of a header of version 2; that it is sent at all stands in session.test.ts. */
import { expect, test } from "bun:test";
import { tlvsOf } from "../../../../../src/proxy/session/proxy-header/sent-header.ts";
import type { TlsFacts } from "../../../../../src/tls-facts.ts";
import { tlsFacts } from "../../../tls-scene.ts";

/** `type=text` of each field that goes out. */
function told(options: readonly string[], clientTls: TlsFacts | null, received: string | null = null): string[] {
  const tlvs = received === null ? [] : [{ type: 2, value: Buffer.from(received) }];
  const session = { clientTls, proxyHeader: { version: 2, local: false, tlvs }, uniqueId: () => "id" };
  const server = { name: "s", plan: { proxyHeader: { version: 2, options } }, backend: { rules: { tlvs: new Map() } } };
  const [forSession, forServer] = [session, server] as unknown as Parameters<typeof tlvsOf>;
  return tlvsOf(forSession, forServer).map(({ type, value }) => `${type}=${Buffer.from(value).toString("latin1")}`);
}

test("the protocol that was agreed on is told without being asked for", () => {
  expect(told([], tlsFacts({ alpn: "http/1.1" }))).toEqual(["1=http/1.1"]);
  expect(told([], tlsFacts())).toEqual([]);
  expect(told([], null)).toEqual([]);
});

test("the name that the client asked for, unless another one was received", () => {
  expect(told(["authority"], tlsFacts())).toEqual(["2=Srv.Test"]);
  expect(told(["authority"], tlsFacts(), "a.test")).toEqual(["2=a.test"]);
  expect(told(["authority"], tlsFacts({ serverName: null }))).toEqual([]);
  expect(told(["authority"], null, "a.test")).toEqual(["2=a.test"]);
});

test("fields stand in HAProxy's order", () => {
  const options = ["ssl", "unique-id", "authority"];
  expect(told(options, tlsFacts({ alpn: "x" }))).toEqual([
    "1=x",
    "2=Srv.Test",
    "5=id",
    "32=\x01\0\0\0\0\x21\0\x07TLSv1.3",
  ]);
});
