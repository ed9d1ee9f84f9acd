/** The list of sessions: lines of `show sess`, ours and HAProxy's, in order and within a width. */
import { expect, test } from "bun:test";
import { readSessions, sessionLines, type TopSession } from "../../../../src/cli/top/sessions.ts";

test("lines are read by their words", () => {
  const text = `0x1: proto=tcpv6 src=::1:50000 fe=ssh be=git srv=one ts=00 epoch=0 age=3s rq[i=0,total=5] rp[i=0,total=6] state=EST exp=
0x2: proto=tcpv4 src=192.0.2.1:9 fe=a be=<none> srv=<none> ts=00 age=1d2h calls=1 rq[f=848202h,i=0,an=00h] rp[f=0h] exp=

`;
  expect(readSessions(text)).toEqual([
    { id: "0x1", client: "::1:50000", frontend: "ssh", server: "git/one", ageSeconds: 3, bytesIn: 5, bytesOut: 6 },
    {
      id: "0x2",
      client: "192.0.2.1:9",
      frontend: "a",
      server: "<none>/<none>",
      ageSeconds: 93_600,
      bytesIn: null,
      bytesOut: null,
    },
  ]);
  expect(readSessions("")).toEqual([]);
  expect(readSessions("\nPermission denied\n\n")).toBe("Permission denied");
});

function one(own: Partial<TopSession>): TopSession {
  return {
    id: "0x1",
    client: "192.0.2.1:9",
    frontend: "ssh",
    server: "git/one",
    ageSeconds: 9,
    bytesIn: 0,
    bytesOut: 0,
    ...own,
  };
}

test("the oldest first, or those that move most bytes", () => {
  const now = [one({ id: "0x1", bytesIn: 5000 }), one({ id: "0x2", client: "old:1", ageSeconds: 99 })];
  const before = [one({ id: "0x1" }), one({ id: "0x2" })];
  const clients = (byBytes: boolean): string[] =>
    sessionLines({ now, before, elapsedMs: 500, byBytes, width: 100 }).map((line) => line.split(" ", 1)[0] ?? "");
  expect(clients(false)).toEqual(["CLIENT", "old:1", "192.0.2.1:9"]);
  expect(clients(true)).toEqual(["CLIENT", "192.0.2.1:9", "old:1"]);
  const [, first = ""] = sessionLines({ now, before, elapsedMs: 500, byBytes: true, width: 100 });
  expect(first.split(/ +/)).toEqual(["192.0.2.1:9", "ssh", "git/one", "9s", "9.8K", "0", "5000", "0"]);
});

test("names steer no terminal, and no line is wider than it", () => {
  const now = [one({ frontend: "\u001b[2J", server: "x".repeat(300), client: "unix:1" })];
  for (let width = 20; width < 200; width += 7) {
    const lines = sessionLines({ now, before: null, elapsedMs: 0, byBytes: false, width });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.join("")).not.toContain("\u001b");
  }
});
