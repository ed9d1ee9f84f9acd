import { expect, test } from "bun:test";
import type { SshFinding } from "../../../../src/ssh/public.ts";
import { warns } from "../../../../src/ssh/inventory/findings.ts";
import { Inventory } from "../../../../src/ssh/inventory/inventory.ts";
import { choiceOf, factsOf, modern, offerOf, old, settled, sideOf } from "./facts.ts";

test("OpenSSH warns from 10.1 on", () => {
  const rows = ["9.9p2", "10.0p1", "10.1p1", "10.2", "11.0p1", "", "x"].map((version) => warns("OpenSSH", version));
  expect(rows).toEqual([false, false, true, true, true, false, false]);
  expect([warns("OpenSSH_for_Windows", "10.1"), warns("dropbear", "2025.1")]).toEqual([true, false]);
});

test("what an administrator wants to know, by place and software", () => {
  const inventory = new Inventory(
    () => 1000,
    () => "OpenSSH",
  );
  const note = (client: string, offer: object, chosen: string, server = offerOf(modern)): void =>
    inventory.note(factsOf(sideOf(client, offerOf(offer)), sideOf("OpenSSH_9.2p1", server), choiceOf(chosen)), {
      frontend: "git",
      server: server.keyExchange.includes("mlkem768x25519-sha256") ? "ssh/new" : "ssh/one",
    });
  const better = offerOf({ keyExchange: ["mlkem768x25519-sha256"] });
  note("OpenSSH_10.2p1", { keyExchange: ["mlkem768x25519-sha256", "curve25519-sha256"] }, "curve25519-sha256");
  note("OpenSSH_10.2p1", { keyExchange: ["mlkem768x25519-sha256"] }, "mlkem768x25519-sha256", better);
  note("OpenSSH_9.2p1", modern, "curve25519-sha256");
  note("OpenSSH_5.3", old, "diffie-hellman-group14-sha1");
  note("OpenSSH_5.3", old, "diffie-hellman-group14-sha1", offerOf(old));
  const { findings } = settled(inventory.report(null));
  const oldest = { clients: [finding("git", "5.3", 2)], servers: [finding("ssh/one", "9.2p1", 1)] };
  expect(findings).toEqual({
    without: { sshRsa: oldest, sha1: oldest, cbc: oldest },
    serversWithoutMlkem: [finding("ssh/one", "9.2p1", 4)],
    serversWithoutPostQuantum: [finding("ssh/one", "9.2p1", 1)],
    warnedClients: [finding("git", "10.2p1", 1)],
    clientsWithoutPostQuantum: [finding("git", "5.3", 2)],
  });
});

function finding(place: string, version: string, sessions: number): SshFinding {
  return { place, software: "OpenSSH", version, sessions, lastAt: 1000 };
}
