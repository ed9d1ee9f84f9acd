/** Counts of SSH: known names keep their labels whatever strangers make up, and all stays within few of them. */
import { describe, expect, test } from "bun:test";
import { Figures } from "../../../src/ssh/figures.ts";
import type { SshChoice, SshFacts, SshIdentification, SshSide } from "../../../src/ssh-facts.ts";

const choice: SshChoice = {
  keyExchange: "curve25519-sha256",
  hostKey: "ssh-ed25519",
  cipherToServer: "chacha20-poly1305@openssh.com",
  cipherToClient: "aes128-ctr",
  macToServer: "implicit",
  macToClient: "hmac-sha2-256",
  compressionToServer: "none",
  compressionToClient: "none",
  isPostQuantum: false,
  postQuantumOffered: "client",
  isStrict: true,
  isTerrapin: false,
};

function identification(software: string): SshIdentification {
  return { line: `SSH-2.0-${software}`, protocol: "2.0", software, version: "", comments: null };
}

function side(software: string | null): SshSide {
  return { identification: software === null ? null : identification(software), offer: null };
}

function facts(client: string | null, server: string | null, own: Partial<SshFacts> = {}): SshFacts {
  return {
    client: side(client),
    server: side(server),
    choice: null,
    timeToIdentMs: -1,
    foreign: null,
    isDone: true,
    ...own,
  };
}

describe("sessions", () => {
  test("count by frontend, side and software, and by what was chosen", () => {
    const figures = new Figures();
    figures.note(facts("OpenSSH", "OpenSSH", { choice, timeToIdentMs: 12 }), "ssh");
    figures.note(
      facts("OpenSSH", "dropbear", {
        choice: { ...choice, isPostQuantum: true, postQuantumOffered: "both", isStrict: false, isTerrapin: true },
        timeToIdentMs: 3,
      }),
      "ssh",
    );
    figures.note(facts("PuTTY_Release_0.78", null), "git");
    figures.note(facts(null, null), "git");
    expect([...figures.sessions()]).toEqual([
      { frontend: "ssh", side: "client", software: "OpenSSH", count: 2 },
      { frontend: "ssh", side: "server", software: "OpenSSH", count: 1 },
      { frontend: "ssh", side: "server", software: "dropbear", count: 1 },
      { frontend: "git", side: "client", software: "PuTTY", count: 1 },
    ]);
    expect(Array.from(figures.chosen(), ({ kind, algorithm, count }) => `${kind} ${algorithm} ${count}`)).toEqual([
      "kex curve25519-sha256 2",
      "hostkey_alg ssh-ed25519 2",
      "cipher.c2s chacha20-poly1305@openssh.com 2",
      "cipher.s2c aes128-ctr 2",
      "mac.c2s implicit 2",
      "mac.s2c hmac-sha2-256 2",
      "compression.c2s none 2",
      "compression.s2c none 2",
    ]);
    expect(figures).toMatchObject({
      strict: { yes: 1, no: 1 },
      terrapin: 1,
      timeToIdentMs: 15,
      timesToIdent: 2,
    });
    expect(figures.postQuantum.filter(({ count }) => count > 0)).toEqual([
      { offered: "both", chosen: "yes", count: 1 },
      { offered: "client", chosen: "no", count: 1 },
    ]);
  });

  test("a hundred thousand that make up names each push out nobody, and no count is lost", () => {
    const figures = new Figures();
    // What is not in the table and comes often has a label as well, whenever it comes.
    figures.note(facts("Old_Tool", null), "ssh");
    for (let index = 0; index < 100_000; index++) {
      figures.note(facts(`x${index}"\\\n\u0000${"y".repeat(300)}`, index % 10 === 0 ? `z${index}` : null), "ssh");
      if (index % 20 === 0)
        figures.note(facts("Our_Tool", null, { choice: { ...choice, keyExchange: `k${index}@x` } }), "ssh");
      if (index % 1000 === 0) figures.note(facts("OpenSSH", "OpenSSH"), "ssh");
    }
    const sessions = [...figures.sessions()];
    const of = (side: string, software: string): number =>
      sessions.find((one) => one.side === side && one.software === software)?.count ?? 0;
    expect([of("client", "OpenSSH"), of("server", "OpenSSH")]).toEqual([100, 100]);
    expect(of("client", "Our_Tool")).toBeGreaterThan(4900);
    const names = new Set(sessions.map(({ software }) => software));
    expect(names.size).toBeLessThanOrEqual(64 + 2);
    for (const name of names) expect(name).toMatch(/^[ -~]{1,64}$/);
    expect(sessions.reduce((sum, { count }) => sum + count, 0)).toBe(1 + 100_000 + 10_000 + 5000 + 200);
    const kex = [...figures.chosen()].filter(({ kind }) => kind === "kex");
    expect(kex.length).toBeLessThanOrEqual(64 + 1);
    expect(kex.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  });

  test("frontends beyond a few thousand are one together", () => {
    const figures = new Figures();
    for (let index = 0; index < 5000; index++) figures.note(facts("OpenSSH", null), `f${index}`);
    const sessions = [...figures.sessions()];
    expect(sessions.length).toBe(4097);
    expect(sessions.find(({ frontend }) => frontend === "other")?.count).toBe(5000 - 4096);
  });
});
