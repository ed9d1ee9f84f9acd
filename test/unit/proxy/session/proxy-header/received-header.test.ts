/** PROXY headers as they come, in pieces or not at all; the connection is made up. */
import { expect, test } from "bun:test";
import { readHeader } from "../../../../../src/proxy/session/proxy-header/received-header.ts";
import type { SessionContext } from "../../../../../src/proxy/session/context/session-context.ts";
import { HeaderMismatches } from "../../../../../src/proxy/process/header-mismatches.ts";
import { proxyHeaderReasons } from "../../../../../src/wire/proxy-protocol.ts";

const timeouts = { clientMs: 0, clientFinMs: 0, clientHandshakeMs: 0 };
const header = "PROXY TCP4 10.0.0.1 10.0.0.2 4000 22\r\n";

/** A client of which these texts are seen, one look after the other; the last look has this state. */
function scene(texts: readonly string[], state = "data") {
  const asked: (readonly number[])[] = [];
  const consumed: number[] = [];
  const fits: string[] = [];
  const rest = [...texts];
  const session = {
    source: null as unknown,
    destination: null as unknown,
    proxyHeader: null as unknown,
    front: { plan: { name: "fe", logs: [] }, process: { headerMismatches: new HeaderMismatches(), emit: () => {} } },
    listener: {
      plan: { name: null, text: ":22" },
      id: 1,
      hint: null as string | null,
      hasHeadersOfLate: false,
      headersFit: () => void fits.push("fits"),
    },
    client: {
      peek(...bounds: number[]) {
        asked.push(bounds);
        const text = rest.shift() ?? "";
        return Promise.resolve({ bytes: Buffer.from(text, "latin1"), state: rest.length === 0 ? state : "data" });
      },
      consume: (count: number) => void consumed.push(count),
    },
  };
  const read = (limit = 1000, times = timeouts): Promise<string | null> =>
    readHeader(session as unknown as SessionContext, times, limit);
  return { session, asked, consumed, fits, read };
}

test("a header's addresses become the session's, and it alone is taken", async () => {
  const { session, consumed, fits, read } = scene([`${header}SSH-2.0-x\r\n`]);
  expect(await read()).toBeNull();
  expect(fits).toEqual(["fits"]);
  expect(session).toMatchObject({
    source: { kind: "tcp", host: "10.0.0.1", port: 4000 },
    destination: { kind: "tcp", host: "10.0.0.2", port: 22 },
    proxyHeader: { version: 1, local: false },
  });
  expect(consumed).toEqual([header.length]);
});

test("one that names nobody leaves the addresses as they are", async () => {
  const { session, read } = scene(["PROXY UNKNOWN\r\n"]);
  expect(await read()).toBeNull();
  expect([session.source, session.destination]).toEqual([null, null]);
});

test("it is waited for piece by piece, each time for more than there was", async () => {
  const { asked, read } = scene([header.slice(0, 3), header.slice(0, 20), header]);
  expect(await read()).toBeNull();
  const counts = asked.map(([atLeast = 0]) => atLeast);
  expect([counts.length, counts[0]]).toEqual([3, 1]);
  expect([(counts[1] ?? 0) > 3, (counts[2] ?? 0) > 20]).toEqual([true, true]);
});

test.each([
  ["SSH-2.0-OpenSSH_9.2p1\r\n", "data", proxyHeaderReasons.notHeader],
  // Too short for a header, and yet none: nobody waits for more.
  ["SSH-2.0-x\r\n", "data", proxyHeaderReasons.truncated],
  ["", "end", proxyHeaderReasons.empty],
  [header.slice(0, 20), "end", proxyHeaderReasons.truncated],
  [header.slice(0, 20), "timeout", proxyHeaderReasons.timeout],
  [header.slice(0, 20), "lost", proxyHeaderReasons.lost],
] as const)("%j and then %s", async (text, state, reason) => {
  const { consumed, read } = scene([text], state);
  expect(await read()).toBe(reason);
  expect(consumed).toEqual([]);
});

test("what does not end within a buffer is none", async () => {
  expect(await scene([header.slice(0, 20)]).read(20)).toBe(proxyHeaderReasons.invalid);
});

const msFor = async (times: object): Promise<number> => {
  const { asked, read } = scene([header]);
  await read(1000, { ...timeouts, ...times });
  return asked[0]?.[2] ?? 0;
};

test("it has timeout client-hs, else timeout client, of three seconds at least", async () => {
  expect(await msFor({ clientHandshakeMs: 50, clientMs: 9000 })).toBeWithin(1, 51);
  expect(await msFor({ clientMs: 100 })).toBeWithin(2500, 3001);
  expect(await msFor({ clientMs: 9000 })).toBeWithin(8500, 9001);
  expect(await msFor({})).toBeWithin(9500, 10_001);
});

test("a client of SSH that sends none is told of, where others have not sent theirs of late", async () => {
  const { session, read } = scene(["SSH-2.0-OpenSSH_9.2p1\r\n"]);
  await read();
  expect(session.listener.hint).toContain("take accept-proxy off the bind line");
  const stray = scene(["SSH-2.0-x\r\n"], "timeout");
  stray.session.listener.hasHeadersOfLate = true;
  await stray.read();
  expect(stray.session.listener.hint).toBeNull();
  expect([...stray.session.front.process.headerMismatches.all()]).toMatchObject([{ mismatch: "missing", count: 1 }]);
  const other = scene(["GET / HTTP/1.1\r\n"]);
  await other.read();
  expect([...other.session.front.process.headerMismatches.all()]).toEqual([]);
});
