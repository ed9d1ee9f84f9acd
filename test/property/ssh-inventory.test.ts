// The inventory of SSH: whatever sessions show and whatever its file has in it, nothing throws, all is counted, and there is an end to it.
import { expect, setDefaultTimeout, test } from "bun:test";
import type { SshFacts, SshOffer, SshSide } from "../../src/ssh-facts.ts";
import { familyOf } from "../../src/ssh/inventory/families.ts";
import { Inventory } from "../../src/ssh/inventory/inventory.ts";
import { readSaved, restore, savedLines } from "../../src/ssh/inventory/saved.ts";
import { sshReportJson } from "../../src/ops/stats/ssh/ssh-report-json.ts";
import { sshReportText } from "../../src/ops/stats/ssh/ssh-report-text.ts";
import { negotiate } from "../../src/wire/ssh/negotiation.ts";
import { settled } from "../unit/ssh/inventory/facts.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("ssh-inventory");
const rounds = 4;

/** A known word, or bytes. */
function word(known: readonly string[]): string {
  if (random.next() < 0.7) return random.pick(known);
  return Buffer.from(random.bytes(Math.floor(random.next() * 90)))
    .toString("latin1")
    .replaceAll(",", "");
}

function names(known: readonly string[]): string[] {
  return Array.from({ length: Math.floor(random.next() * 6) }, () => word(known));
}

const exchanges = ["mlkem768x25519-sha256", "curve25519-sha256", "diffie-hellman-group14-sha1", "ext-info-c"];
const ciphers = ["aes128-ctr", "aes128-cbc", "chacha20-poly1305@openssh.com"];

function offer(): SshOffer | null {
  if (random.next() < 0.2) return null;
  return {
    keyExchange: names(exchanges),
    hostKey: names(["ssh-rsa", "ssh-ed25519"]),
    ciphersToServer: names(ciphers),
    ciphersToClient: names(ciphers),
    macsToServer: names(["hmac-sha1", "hmac-sha2-256"]),
    macsToClient: names(["hmac-sha1"]),
    compressionToServer: names(["none"]),
    compressionToClient: names(["zlib"]),
    firstFollows: random.next() < 0.5,
    hassh: "",
    hasshText: "",
  };
}

function side(): SshSide {
  const software = word(["OpenSSH", "dropbear", "Go", "other", "__proto__", "constructor"]);
  const version = word(["9.2p1", "10.1", "", "other"]);
  const identification = { line: "", protocol: "2.0", software, version, comments: null };
  return random.next() < 0.1 ? { identification: null, offer: null } : { identification, offer: offer() };
}

function facts(): SshFacts {
  const [client, server] = [side(), side()];
  const choice = client.offer !== null && server.offer !== null ? negotiate(client.offer, server.offer) : null;
  return { client, server, choice, timeToIdentMs: -1, foreign: null, isDone: true };
}

test("what sessions show is counted, told and saved, and comes back", () => {
  for (let round = 0; round < rounds; round++) {
    const clock = { at: 1e12 };
    const inventory = new Inventory(() => clock.at, familyOf);
    let sessions = 0;
    for (let count = 0; count < 150; count++) {
      clock.at += Math.floor((random.next() - 0.2) * 4e6);
      const seen = facts();
      if (seen.client.identification !== null) sessions += 1;
      inventory.note(seen, { frontend: word(["fe", "__proto__"]), server: random.next() < 0.5 ? null : "be/s" });
    }
    // Its clock may have gone back; what is read later than it was seen is kept as it was.
    clock.at = 1e12 + 1e9;
    const report = settled(inventory.report(null));
    expect(report.sessions).toBe(sessions);
    // A proxy's name is the configuration's; all else is a stranger's, and is made harmless.
    const shown = { ...report, frontends: report.frontends.map((one) => ({ ...one, name: "" })) };
    expect(JSON.stringify(shown.frontends)).toMatch(/^[ -~]*$/);
    expect([...sshReportText(report)].join("").length).toBeGreaterThan(0);
    JSON.parse([...sshReportJson(report)].join(""));

    const text = [...savedLines(inventory)].join("");
    const again = new Inventory(() => clock.at, familyOf);
    const saved = settled(readSaved(text));
    if (typeof saved === "string") throw new Error(saved);
    for (const _ of restore(again, saved));
    expect(settled(again.report(null))).toEqual(report);
    for (let count = 0; count < 8; count++) spoil(text, clock.at);
  }
});

/** A saved text with something changed in it is refused in words, or taken in; both without a throw. */
function spoil(text: string, at: number): void {
  const from = Math.floor(random.next() * text.length);
  const length = Math.floor(random.next() * 40);
  const middle = random.pick(["", "}", "\n", '"', "1e400", "-1", "null", text.slice(from, from + 200)]);
  const saved = settled(readSaved(text.slice(0, from) + middle + text.slice(from + length)));
  if (typeof saved === "string") return;
  const inventory = new Inventory(() => at, familyOf);
  for (const _ of restore(inventory, saved));
  settled(inventory.report(null));
}
