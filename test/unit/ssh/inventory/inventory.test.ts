import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Inventory } from "../../../../src/ssh/inventory/inventory.ts";
import { mostCharacters } from "../../../../src/ssh/inventory/offers.ts";
import { mostFoldedRows, mostKnownRows, mostOtherRows } from "../../../../src/ssh/inventory/place.ts";
import { choiceOf, factsOf, modern, offerOf, old, settled, sideOf } from "./facts.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const dayMs = 86_400_000;
const families = new Set(["OpenSSH", "PuTTY"]);
const familyOf = (software: string): string | null => (families.has(software) ? software : null);
const server = sideOf("OpenSSH_9.2p1", offerOf(modern));

function open(at = 20_000 * dayMs): { inventory: Inventory; clock: { at: number } } {
  const clock = { at };
  return { inventory: new Inventory(() => clock.at, familyOf), clock };
}

const places = { frontend: "git", server: "ssh/one" };

describe("what sessions have shown", () => {
  test("is told by place, software and version, with what was offered and chosen", () => {
    const { inventory, clock } = open();
    const client = sideOf("OpenSSH_9.2p1", offerOf(modern));
    inventory.note(factsOf(client, server, choiceOf("sntrup761x25519-sha512@openssh.com", { isStrict: true })), places);
    clock.at += 1000;
    inventory.note(factsOf(client, server, choiceOf("curve25519-sha256", { isTerrapin: true })), places);
    inventory.note(factsOf(sideOf("Nmap", null), { identification: null, offer: null }, null), places);
    const report = settled(inventory.report(null));
    const firstAt = 20_000 * dayMs;
    expect(report.frontends.map(({ name, sessions, software }) => ({ name, sessions, software }))).toEqual([
      {
        name: "git",
        sessions: 3,
        software: [
          {
            software: "OpenSSH",
            version: "9.2p1",
            sessions: 2,
            firstAt,
            lastAt: firstAt + 1000,
            offered: { mlkem: 0, otherPostQuantum: 2, classical: 0, unknown: 0 },
            chosen: { postQuantum: 1, classical: 1, strict: 1, terrapin: 1 },
          },
          {
            software: "Nmap",
            version: "",
            sessions: 1,
            firstAt: firstAt + 1000,
            lastAt: firstAt + 1000,
            offered: { mlkem: 0, otherPostQuantum: 0, classical: 0, unknown: 1 },
            chosen: { postQuantum: 0, classical: 0, strict: 0, terrapin: 0 },
          },
        ],
      },
    ]);
    expect(report.servers.map(({ name, sessions }) => ({ name, sessions }))).toEqual([
      { name: "ssh/one", sessions: 2 },
    ]);
    const kex = report.frontends[0]?.algorithms.filter(({ kind }) => kind === "kex");
    expect(kex?.map(({ name, offered, chosen }) => ({ name, offered, chosen }))).toEqual([
      { name: "sntrup761x25519-sha512@openssh.com", offered: 2, chosen: 1 },
      { name: "curve25519-sha256", offered: 2, chosen: 1 },
    ]);
    expect(report.firstAt).toBe(firstAt);
    expect(settled(inventory.summary())).toMatchObject({ sessions: 3, clients: 2, servers: 1, postQuantumSessions: 1 });
  });

  test("is gathered for a summary no more often than its rows are worth", () => {
    const { inventory, clock } = open();
    const sessions = (): number => settled(inventory.summary()).sessions;
    const note = (version: number): void =>
      inventory.note(factsOf(sideOf(`OpenSSH_${version}`, offerOf(modern)), server, null), places);
    for (let version = 0; version < 100; version++) note(version);
    expect(sessions()).toBe(100);
    note(1);
    clock.at += 900;
    expect(sessions()).toBe(100);
    clock.at += 200;
    expect(sessions()).toBe(101);
    expect(settled(inventory.report(null)).frontends[0]?.algorithms.length).toBeGreaterThan(0);
  });

  test("is counted by days, and forgotten after its time", () => {
    const { inventory, clock } = open();
    const client = sideOf("OpenSSH_9.2p1", offerOf(modern));
    const late = sideOf("PuTTY_0.78", offerOf(modern));
    for (let day = 0; day < 10; day++) {
      inventory.note(factsOf(client, server, null), places);
      clock.at += dayMs;
    }
    clock.at -= dayMs;
    const sessionsSince = (ms: number): number => settled(inventory.report(clock.at - ms)).sessions;
    expect([0, dayMs, 7 * dayMs, 100 * dayMs].map(sessionsSince)).toEqual([1, 2, 8, 10]);
    clock.at += 85 * dayMs;
    inventory.note(factsOf(late, server, null), places);
    expect(settled(inventory.report(null)).sessions).toBe(6);
    clock.at += 88 * dayMs;
    inventory.note(factsOf(late, server, null), { frontend: "new", server: null });
    expect(settled(inventory.report(null)).frontends.map(({ name, sessions }) => [name, sessions])).toEqual([
      ["git", 1],
      ["new", 1],
    ]);
  });
});

describe("whatever clients send", () => {
  test("100,000 hostile identifications take no more than the room there is, and push no family out", () => {
    const { inventory, clock } = open();
    const good = factsOf(sideOf("OpenSSH_9.2p1", offerOf(modern)), server, choiceOf("curve25519-sha256"));
    const legacy = factsOf(sideOf("PuTTY_0.60", offerOf(old)), server, choiceOf("diffie-hellman-group14-sha1"));
    for (let count = 0; count < 50; count++) {
      inventory.note(good, places);
      inventory.note(legacy, places);
    }
    for (let count = 0; count < 100_000; count++) {
      clock.at += 1;
      const family = count % 3 === 0 ? "OpenSSH" : `scan${count}\u0007\n`;
      const keyExchange = [`kex-${count}`, "\u00ff".repeat(100)];
      const offer = count % 4 > 0 ? null : offerOf({ keyExchange, hostKey: count % 8 === 0 ? ["ssh-rsa"] : [] });
      inventory.note(factsOf(sideOf(`${family}_${count}`, offer), server, choiceOf(`kex-${count}`)), places);
    }
    const rows = [...inventory.rows()].filter(({ side }) => side === "client");
    expect(rows.length).toBeLessThanOrEqual(mostKnownRows + mostOtherRows + mostFoldedRows + families.size + 1);
    expect(inventory.offers.characters).toBeLessThan(mostCharacters);
    const report = settled(inventory.report(null));
    expect(report.sessions).toBe(100_100);
    const [front] = report.frontends;
    const told = (software: string, version: string): number | undefined =>
      front?.software.find((one) => one.software === software && one.version === version)?.sessions;
    expect([told("OpenSSH", "9.2p1"), told("PuTTY", "0.60")]).toEqual([50, 50]);
    expect(told("OpenSSH", "other")).toBeGreaterThan(30_000);
    expect(told("other", "other")).toBeGreaterThan(60_000);
    expect(JSON.stringify(report)).toMatch(/^[ -~]*$/);
    expect(JSON.stringify(report).length).toBeLessThan(300_000);
    expect(report.findings.without.cbc.clients.map(({ software }) => software)).toEqual(["PuTTY"]);
  });

  test("offers that are too long are judged, and not kept", () => {
    const { inventory } = open();
    const long = Array.from({ length: 2000 }, (_, at) => `aes128-cbc-${at}-cbc`);
    inventory.note(factsOf(sideOf("OpenSSH_4", offerOf({ ciphers: long })), server, null), places);
    const report = settled(inventory.report(null));
    expect(inventory.offers.characters).toBeLessThan(1000);
    expect(report.frontends[0]?.algorithms).toEqual([]);
    expect(report.findings.without.cbc.clients.length).toBe(1);
  });

  test("places have an end, too", () => {
    const { inventory } = open();
    for (let count = 0; count < 5000; count++)
      inventory.note(factsOf(sideOf("PuTTY_1", null), server, null), { frontend: `front${count}`, server: null });
    const { frontends, sessions } = settled(inventory.report(null));
    expect([frontends.length, sessions]).toEqual([4097, 5000]);
  });

  test("offers that nobody has any more are forgotten", () => {
    const { inventory, clock } = open();
    inventory.note(factsOf(sideOf("PuTTY_1", offerOf(modern)), { identification: null, offer: null }, null), places);
    expect(inventory.offers.characters).toBeGreaterThan(0);
    clock.at += 100 * dayMs;
    inventory.note(factsOf(sideOf("PuTTY_1", null), { identification: null, offer: null }, null), places);
    expect(inventory.offers.characters).toBe(0);
  });
});
