/** A probe of servers whose messages are bent anywhere: it ends in time, tells why in words of its own, and takes no key that was not signed with. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { SshProbe } from "../../src/ssh/probe/probe.ts";
import type { SshProbed } from "../../src/ssh/probe/probed.ts";
import { probeJson, probeText } from "../../src/ssh/probe/report.ts";
import { connectDefaults } from "../contract/stage.ts";
import { transport } from "../transport.ts";
import { ordinaryLists, type Script, scriptedServer } from "../unit/ssh/probe/scripted-server.ts";
import { ecdsaKey, ed25519Key } from "../unit/wire/ssh/kex/server-side.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("ssh probe");
const rounds = 80;
const keys = new Map([
  ["ssh-ed25519", ed25519Key()],
  ["ecdsa-sha2-nistp256", ecdsaKey(256)],
]);
const methods = ["mlkem768x25519-sha256", "curve25519-sha256", "ecdh-sha2-nistp256"];

/** Some bytes changed, some put in, some left out, or all of them others. */
function bent(bytes: Uint8Array): Uint8Array {
  const changed = [...bytes];
  for (let count = random.between(1, 4); count > 0; count--) {
    const at = random.between(0, Math.max(0, changed.length - 1));
    const how = random.between(0, 9);
    if (how < 6) changed[at] = random.between(0, 255);
    else if (how < 8) changed.splice(at, random.between(1, 40));
    else changed.splice(at, 0, ...random.bytes(random.between(1, 40)));
  }
  return changed.length === 0 || random.next() < 0.05 ? random.bytes(random.between(1, 300)) : Uint8Array.from(changed);
}

async function probed(script: Script): Promise<SshProbed> {
  await using server = await scriptedServer(script);
  const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
  const connect = { ...connectDefaults, address };
  // Awaited here: the server is gone with this block.
  return await new SshProbe({ transport, connect, software: "fairlead_1", header: null, timeoutMs: 400 }).run();
}

test("replies and lists that are bent", async () => {
  let valid = 0;
  let exchanged = 0;
  for (let round = 0; round < rounds; round++) {
    const hostKey = random.pick([...keys.keys()]);
    const lists = { ...ordinaryLists, kex: random.pick(methods), hostKey };
    const isReply = random.next() < 0.7;
    const script: Script = isReply
      ? { keys, lists, bend: bent }
      : { keys, lists: { ...lists, hostKey: Buffer.from(bent(Buffer.from(hostKey))).toString("latin1") } };
    const found = await probed(script);
    const failures = [found.failure, ...found.keys.map(({ failure }) => failure)];
    expect(failures.filter((text) => text?.startsWith("the probe itself"))).toEqual([]);
    expect(found.times.totalMs).toBeLessThan(20_000);
    exchanged += found.keys.length;
    for (const { signature, key } of found.keys) {
      if (signature !== "valid") continue;
      valid++;
      // Whoever is believed has the key: a reply bent so that it is the same again.
      expect([...keys.values()].map(({ blob }) => Buffer.from(blob).toString("base64"))).toContain(
        Buffer.from(key?.blob ?? []).toString("base64"),
      );
    }
    const asked = { host: "h", port: 1, address: null };
    expect(probeText(asked, found)).toMatch(/^[ -~\n]*$/);
    JSON.parse(probeJson(asked, found));
  }
  expect(valid).toBeLessThan(rounds / 2);
  expect(exchanged).toBeGreaterThan(rounds / 2);
});
