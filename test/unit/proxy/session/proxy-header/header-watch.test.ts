/** What is concluded from a session's first bytes about PROXY headers; the session and its places are made up. */
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import type { Event } from "../../../../../src/events.ts";
import { HeaderMismatches } from "../../../../../src/proxy/process/header-mismatches.ts";
import { HeaderWatch } from "../../../../../src/proxy/session/proxy-header/header-watch.ts";
import type { Server } from "../../../../../src/proxy/backend/server.ts";
import type { SessionContext } from "../../../../../src/proxy/session/context/session-context.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const header = "PROXY TCP4 10.0.0.1 10.0.0.2 4000 22\r\n";
const headerV2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x0f\xa0\0\x16";
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const line = "SSH-2.0-x\r\n";
const packet = `\0\0\0\x0c${"k".repeat(12)}`;

/** `version`: of the header that the server is sent. */
function scene(version: 1 | 2 | null, received: object | null = null, ssh: object | null = null) {
  const events: Event[] = [];
  const mismatches = new HeaderMismatches();
  const server = {
    name: "s",
    plan: { proxyHeader: version === null ? null : { version } },
    backend: { plan: { name: "be" } },
    hasFittingHeaders: false,
    hint: null as string | null,
    headersFit(): void {
      server.hasFittingHeaders = true;
      server.hint = null;
    },
    headersMisfit(hint: string): void {
      server.hint = hint;
    },
  };
  const listener = { plan: { name: null, text: ":22" }, id: 1, hint: null as string | null, hasHeadersOfLate: false };
  const process = { headerMismatches: mismatches, emit: (event: Event) => events.push(event) };
  const session = { front: { process, plan: { name: "fe", logs: [] } }, listener, proxyHeader: received, ssh };
  const begin = (): HeaderWatch => new HeaderWatch(session as unknown as SessionContext, server as unknown as Server);
  const counts = (): string[] =>
    Array.from(mismatches.all(), ({ name, mismatch, count }) => `${name} ${mismatch} ${count}`);
  const texts = (): string[] => events.flatMap((event) => (event.type === "header-mismatch" ? event.text : []));
  return { begin, server, listener, counts, texts };
}

test("a server that answers a header with a complaint, told once", () => {
  const { begin, server, counts, texts } = scene(1);
  for (const pieces of [[`${line}Invalid SSH `, "identification string.\r\n"], ["Protocol mismatch.\n"]]) {
    const watch = begin();
    watch.fromClient(bytes(line));
    expect(pieces.map((piece) => watch.fromServer(bytes(piece))).at(-1)).toBe(false);
  }
  expect(server.hint).toStartWith("send-proxy is on, but this server does not speak PROXY: ");
  expect(counts()).toEqual(["s refused 2"]);
  expect(texts()).toEqual([`Server be/s: ${server.hint}.`]);
});

test("a client that speaks no SSH earns that complaint itself", () => {
  const { begin, counts, server } = scene(2);
  const watch = begin();
  expect(watch.fromClient(bytes("GET / HTTP/1.1\r\n"))).toBe(false);
  watch.fromServer(bytes(`${line}Invalid SSH identification string.\r\n`));
  expect([counts(), server.hint]).toEqual([[], null]);
});

test("a server that goes on behind its first packet has taken the header", () => {
  const { begin, server } = scene(2);
  const watch = begin();
  expect(watch.fromServer(bytes(line + packet))).toBe(true);
  expect(server.hasFittingHeaders).toBe(false);
  expect(watch.fromServer(bytes("more"))).toBe(false);
  expect(server.hasFittingHeaders).toBe(true);
});

test.each([
  ["after its line, as tinysshd", [line]],
  ["after its first packet, as dropbear", [line, packet]],
  ["without a byte", []],
])("a server that ends the session %s, unless it has taken headers before", (_, said) => {
  const { begin, server, counts, texts } = scene(2);
  const one = (): void => {
    const watch = begin();
    watch.fromClient(bytes(line));
    for (const piece of said) watch.fromServer(bytes(piece));
    watch.serverLeft();
  };
  one();
  expect(counts()).toEqual(["s ended 1"]);
  expect(texts()).toEqual([`Server be/s: ${server.hint}.`]);
  expect(server.hint).toContain("it may not speak PROXY");
  server.headersFit();
  one();
  expect([counts(), server.hint]).toEqual([["s ended 1"], null]);
});

test("a server that has no algorithm in common with its client ends the session for that", () => {
  for (const [cipherToServer, told] of [
    ["", []],
    ["aes128-ctr", ["s ended 1"]],
  ] as const) {
    const { begin, counts } = scene(2, null, { choice: { keyExchange: "curve25519-sha256", cipherToServer } });
    const watch = begin();
    watch.fromClient(bytes(line));
    watch.fromServer(bytes(line + packet));
    watch.serverLeft();
    expect(counts()).toEqual([...told]);
  }
});

test("of a client that has said nothing nothing is concluded", () => {
  const { begin, counts } = scene(2);
  const watch = begin();
  watch.fromServer(bytes(line));
  watch.serverLeft();
  expect(counts()).toEqual([]);
});

test("a server that says nothing to a client of SSH for five seconds, and then speaks after all", () => {
  const { begin, server, counts } = scene(null);
  const watch = begin();
  watch.fromClient(bytes("SS"));
  jest.advanceTimersByTime(6000);
  expect(counts()).toEqual([]);
  watch.fromClient(bytes("H-2.0-x\r\n"));
  jest.advanceTimersByTime(4900);
  expect(counts()).toEqual([]);
  jest.advanceTimersByTime(1200);
  expect(counts()).toEqual(["s silent 1"]);
  expect(server.hint).toStartWith("it says nothing to SSH clients: it may only be slow; ");
  watch.serverLeft();
  expect(counts()).toEqual(["s silent 1"]);
  expect(watch.fromServer(bytes("S"))).toBe(false);
  expect(server.hint).toBeNull();
});

test("a server that closes without a byte, and one whose session ends before it had to speak", () => {
  const { begin, counts } = scene(null);
  const left = begin();
  left.fromClient(bytes(line));
  left.serverLeft();
  expect(counts()).toEqual(["s silent 1"]);
  const over = begin();
  over.fromClient(bytes(line));
  over.stop();
  jest.advanceTimersByTime(10_000);
  expect(counts()).toEqual(["s silent 1"]);
});

test.each([header, headerV2])("a header that nobody asked for: %j", (sent) => {
  const { begin, listener, counts, texts } = scene(null);
  const watch = begin();
  for (const [at, piece] of Array.from(sent).entries()) {
    expect(watch.fromClient(bytes(piece))).toBe(at < sent.length - 1);
  }
  expect(counts()).toEqual(["sock-1 unexpected 1"]);
  expect(texts()).toEqual([`Bind line :22 of fe: ${listener.hint}.`]);
  expect(listener.hint).toContain("write accept-proxy on the bind line");
  begin().fromClient(bytes(line));
  expect(listener.hint).toBeNull();
});

test("one behind the header that was asked for is the server's matter", () => {
  const { begin, counts } = scene(1, {});
  begin().fromClient(bytes(header));
  expect(counts()).toEqual([]);
});
