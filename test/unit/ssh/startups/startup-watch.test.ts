/** A session's start-up: over by what is seen, by its bytes, by time, or by the relay's word; once, and not after the session. */
import { expect, test } from "bun:test";
import { Reading } from "../../../../src/ssh/reading.ts";
import { StartupWatch } from "../../../../src/ssh/startups/startup-watch.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { firstFlight } from "../../../e2e/ssh-software/packets.ts";

const longMs = 60_000;
const keys = Buffer.concat([
  formatSshPacket(new Uint8Array(200).fill(31, 0, 1)),
  formatSshPacket(new Uint8Array([21])),
]);

function scene(graceMs = longMs, compression = "none") {
  let overs = 0;
  const reading = new Reading(() => {});
  const watch = new StartupWatch(reading.facts, graceMs, () => (overs += 1));
  const taps = [reading, watch];
  const lists = { ciphers: "chacha20-poly1305@openssh.com", compression };
  const play = (side: "fromClient" | "fromServer", bytes: Uint8Array): boolean =>
    taps.map((tap) => tap[side](bytes))[1] ?? false;
  play("fromClient", firstFlight("SSH-2.0-x", lists));
  play("fromServer", firstFlight("SSH-2.0-y", lists));
  return {
    watch,
    overs: () => overs,
    client: (bytes: number | Uint8Array) =>
      play("fromClient", typeof bytes === "number" ? new Uint8Array(bytes) : bytes),
    server: (bytes: number | Uint8Array) =>
      play("fromServer", typeof bytes === "number" ? new Uint8Array(bytes) : bytes),
  };
}

test("it lets go with what follows a success", () => {
  const { watch, client, server, overs } = scene();
  expect([server(Buffer.concat([keys, new Uint8Array(316)])), client(keys)]).toEqual([true, true]);
  for (const size of [44, 60, 140]) {
    client(size);
    server(size === 140 ? 28 : 44);
  }
  expect([client(112), overs()]).toEqual([true, 0]);
  expect([server(256), overs()]).toEqual([false, 1]);
  expect([client(1), server(1), overs()]).toEqual([false, false, 1]);
  watch.stop();
});

test("a client that is quick with its keys has spoken all the same", () => {
  const { client, server, overs } = scene();
  client(Buffer.concat([keys, new Uint8Array(44)]));
  server(Buffer.concat([keys, new Uint8Array(44)]));
  client(60);
  server(28);
  expect(server(256)).toBe(false);
  expect(overs()).toBe(1);
});

test("sizes that tell nothing leave 64 KiB, both ways, after the keys", () => {
  const { watch, client, server, overs } = scene(longMs, "zlib");
  server(keys);
  client(keys);
  for (let at = 0; at < 31; at += 1) expect([client(1024), server(1024)]).toEqual([true, true]);
  expect([client(1024), server(1023), overs()]).toEqual([true, true, 0]);
  expect([server(1), overs()]).toEqual([false, 1]);
  watch.stop();
});

test("its time ends it, and a relay that moves bulk", async () => {
  const { overs } = scene(20);
  await Bun.sleep(5);
  expect(overs()).toBe(0);
  for (let tries = 0; tries < 200 && overs() === 0; tries += 1) await Bun.sleep(5);
  expect(overs()).toBe(1);
  const other = scene();
  other.watch.letGo();
  other.watch.letGo();
  expect(other.overs()).toBe(1);
});

test("of a session that has ended nothing is told", async () => {
  const { watch, server, overs } = scene(10);
  watch.stop();
  watch.letGo();
  expect(server(keys)).toBe(false);
  await Bun.sleep(40);
  expect(overs()).toBe(0);
});
