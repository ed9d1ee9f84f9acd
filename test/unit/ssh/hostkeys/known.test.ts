/** What is known of servers' keys: since when, what came in their place, and what another process has seen. */
import { describe, expect, test } from "bun:test";
import { KnownServers, mostGone, plainName, type SeenKey } from "../../../../src/ssh/hostkeys/known.ts";

const key = (fingerprint: string, name = "ssh-ed25519"): SeenKey => ({
  name,
  type: name === "ssh-rsa" ? "RSA" : "ED25519",
  bits: 256,
  fingerprint,
  isVerified: true,
});

function stage() {
  const known = new KnownServers();
  const server = known.at("b", "s", "192.0.2.1:22");
  return {
    known,
    server,
    note: (keys: readonly SeenKey[], at: number, isWhole = true) => known.note(server, keys, isWhole, at),
  };
}

describe("a server's keys", () => {
  test("are known since they were seen first, and change once", () => {
    const { server, note } = stage();
    expect(note([key("x"), key("r", "ssh-rsa")], 10)).toEqual([]);
    expect(note([key("x"), key("r", "ssh-rsa")], 20)).toEqual([]);
    expect(note([key("y"), key("r", "ssh-rsa")], 30)).toEqual([
      { type: "ED25519", from: { fingerprint: "x", firstAt: 10, lastAt: 20 }, to: "y" },
    ]);
    expect(note([key("y"), key("r", "ssh-rsa")], 40)).toEqual([]);
    expect(server.changes).toBe(1);
    expect(server.held).toMatchObject([
      { fingerprint: "y", firstAt: 30, lastAt: 40, before: { fingerprint: "x", firstAt: 10, lastAt: 20 } },
      { fingerprint: "r", firstAt: 10, lastAt: 40, before: null },
    ]);
  });

  test("that are not listed any more are remembered, unless not all was read", () => {
    const { server, note } = stage();
    note([key("x"), key("r", "ssh-rsa")], 10);
    note([key("x")], 20, false);
    expect(server.held).toHaveLength(2);
    note([key("x")], 30);
    expect(server.held.map(({ fingerprint }) => fingerprint)).toEqual(["x"]);
    expect(note([key("x"), key("s", "ssh-rsa")], 40)).toMatchObject([
      { from: { fingerprint: "r", lastAt: 10 }, to: "s" },
    ]);
  });

  test("of another process fill in what is not known here", () => {
    const { known, server, note } = stage();
    note([key("y")], 100);
    const saved = (fingerprint: string, firstAt: number) => ({
      ...key(fingerprint),
      firstAt,
      lastAt: 90,
      isListed: true,
      before: null,
    });
    known.takeIn(server, { lookedAt: 90, keys: [saved("y", 5), { ...saved("r", 6), name: "ssh-rsa" }] });
    expect(server.held).toMatchObject([
      { firstAt: 5, lastAt: 100 },
      { fingerprint: "r", firstAt: 6 },
    ]);
    known.takeIn(server, { lookedAt: 90, keys: [saved("x", 1)] });
    expect(server.held[0]).toMatchObject({ fingerprint: "y", before: { fingerprint: "x", firstAt: 1, lastAt: 90 } });
    expect(server.lookedAt).toBe(100);
  });
});

test("a fingerprint tells its kind wherever it was seen, also in a certificate", () => {
  const { known, note } = stage();
  note([key("x", "ssh-rsa certificate")], 1);
  expect([known.nameOf("x"), known.nameOf("y"), plainName("ssh-rsa")]).toEqual(["ssh-rsa", null, "ssh-rsa"]);
});

test("each address is another server, and of those that are gone the last stay", () => {
  const { known } = stage();
  for (let at = 1; at <= mostGone + 5; at++) known.note(known.at("b", "s", `h:${at}`), [key("x")], true, at);
  expect(known.size).toBe(mostGone + 6);
  const watched = known.find("b", "s", "h:1");
  known.trim((server) => server === watched);
  expect(known.size).toBe(mostGone + 1);
  expect([known.find("b", "s", "h:1"), known.find("b", "s", "h:2"), known.find("b", "s", "h:9")].map(Boolean)).toEqual([
    true,
    false,
    true,
  ]);
});
