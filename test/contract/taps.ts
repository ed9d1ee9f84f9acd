/** Contract: those who look at the first bytes, and a gate that lets some of them go on, change none of what is relayed. */
import { expect, test } from "bun:test";
import { Gate } from "../../src/net/gate.ts";
import type { Tap, Transport } from "../../src/net/transport.ts";
import { Reading } from "../../src/ssh/reading.ts";
import { formatSshPacket } from "../../src/wire/ssh/packet.ts";
import { type Random, seededRandom } from "../property/seed.ts";
import type { Peer } from "./peer.ts";
import { deferred, noLimits, Stage } from "./stage.ts";

/** Declares the tests of `relay` with taps. */
export function tapContract(transport: Transport): void {
  test("a tap sees the first bytes of each direction until it has enough", async () => {
    using stage = await Stage.set(transport);
    const seen: string[] = [];
    const note = (who: string, enough: number) => (bytes: Uint8Array) => {
      seen.push(`${who}:${new TextDecoder().decode(bytes)}`);
      return seen.filter((text) => text.startsWith(who)).length < enough;
    };
    const { client, server } = await stage.session(
      {},
      { fromClient: note("client", 1), fromServer: note("server", 2) },
    );
    for (const [number, word] of ["one", "two", "three"].entries()) {
      client.send(word);
      await server.until(word, () => server.count >= [3, 6, 11][number]!);
      server.send(word);
      await client.until(word, () => client.count >= [3, 6, 11][number]!);
    }
    expect(seen).toEqual(["client:one", "server:one", "server:two"]);
  });

  test("of several taps each sees what it wants, whatever the others do", async () => {
    using stage = await Stage.set(transport);
    const seen = ["", "", ""];
    const tap = (at: number, enough: number): Tap => {
      const note = (bytes: Uint8Array): boolean => {
        seen[at] += new TextDecoder().decode(bytes);
        return seen[at]!.length < enough;
      };
      return { fromClient: note, fromServer: note };
    };
    const [client, server] = [await stage.client(), await stage.server()];
    const taps = [tap(0, 3), tap(1, 6), tap(2, 100)];
    transport.relay(client.connection, server.connection, noLimits, taps);
    for (const [number, word] of ["one", "two", "three"].entries()) {
      client.peer.send(word);
      await server.peer.until(word, () => server.peer.count >= [3, 6, 11][number]!);
    }
    server.peer.send("four");
    await client.peer.until("four", () => client.peer.count >= 4);
    expect(seen).toEqual(["onefour", "onetwofour", "onetwothreefour"]);
  });

  test("a gate lets the first bytes go on, and holds the rest", async () => {
    using stage = await Stage.set(transport);
    const held = deferred<void>();
    const gate = new Gate(1000, () => held.resolve());
    const { client, server, relay } = await stage.session({}, undefined, gate);
    server.send("line\nrest");
    await held.promise;
    gate.pass(5);
    await client.until("the line", () => client.count >= 5);
    expect([client.count, Buffer.from(gate.bytes).toString(), Buffer.from(gate.rest).toString()]).toEqual([
      5,
      "line\nrest",
      "rest",
    ]);
    gate.open();
    await client.until("the rest", () => client.count >= 9);
    expect(client.count).toBe(9);
    relay.kill();
  });

  test("a server that is reset behind a gate is lost to whoever looks alone, and its client goes on with another", async () => {
    using stage = await Stage.set(transport);
    const lost = deferred<boolean>();
    const gate = new Gate(1000, () => undefined);
    gate.whenLost = () => {
      const { isUndisturbed } = gate;
      gate.giveBack();
      lost.resolve(isUndisturbed);
      return true;
    };
    const [client, first, second] = [await stage.client(), await stage.server(), await stage.server()];
    let kept = "";
    const tap: Tap = {
      fromClient(bytes) {
        kept += Buffer.from(bytes).toString();
        return true;
      },
      fromServer: () => false,
    };
    transport.relay(client.connection, first.connection, noLimits, [tap], gate);
    client.peer.send("question");
    await first.peer.until("the question", () => first.peer.count === 8);
    first.peer.reset();
    expect([await lost.promise, kept]).toEqual([true, "question"]);
    first.connection.reset();
    client.connection.pause();
    client.connection.held = Buffer.concat([Buffer.from(kept), client.connection.held]);
    client.peer.send(" and more");
    const relay = transport.relay(client.connection, second.connection, noLimits);
    await second.peer.until("all of it", () => second.peer.count === 17);
    second.peer.send("answer");
    await client.peer.until("the answer", () => client.peer.count === 6);
    expect([second.peer.text, client.peer.text]).toEqual(["question and more", "answer"]);
    relay.kill();
  });

  test("whoever still peeks when a relay begins neither keeps bytes from it nor stops it later", async () => {
    using stage = await Stage.set(transport);
    const [client, server] = [await stage.client(), await stage.server()];
    const peeked = client.connection.peek(1, 100, 30);
    const relay = transport.relay(client.connection, server.connection, noLimits);
    expect((await peeked).state).toBe("timeout");
    client.peer.send("late");
    await server.peer.until("what came late", () => server.peer.count === 4);
    relay.kill();
  });

  test("whoever reads SSH changes no byte, of whatever comes and however it is split", async () => {
    using stage = await Stage.set(transport);
    const random = seededRandom(`SSH that is read by ${transport.name}`);
    for (let session = 0; session < 6; session++) {
      const [up, down] = [stream(random), stream(random)];
      const [client, server] = [await stage.client(), await stage.server()];
      // What was looked at before goes first, and is shown.
      const early = random.pick([0, 1, random.between(2, 40)]);
      client.peer.send(up.subarray(0, early));
      if (early > 0) await client.connection.peek(early, 4096, 5000);
      let seen = 0;
      const reading = new Reading(() => undefined);
      const count: Tap = { fromClient: (bytes) => (seen += bytes.length) < 40_000, fromServer: () => false };
      const relay = transport.relay(client.connection, server.connection, noLimits, [reading, count]);
      await Promise.all([sendPieces(random, client.peer, up.subarray(early)), sendPieces(random, server.peer, down)]);
      client.peer.finish();
      server.peer.finish();
      const { how, bytesIn, bytesOut } = await relay.ended;
      expect([how, bytesIn, bytesOut]).toEqual(["fin", up.length, down.length]);
      await client.peer.until("all", () => client.peer.count === down.length);
      await server.peer.until("all", () => server.peer.count === up.length);
      const arrived = [client.peer, server.peer].map(({ text }) => Buffer.from(text, "latin1"));
      expect([arrived[0]?.equals(down), arrived[1]?.equals(up)]).toEqual([true, true]);
      expect(seen).toBeGreaterThan(0);
    }
  });
}

/** What begins like SSH, or nearly so, or not at all; less than a peer keeps. */
function stream(random: Random): Buffer {
  const rest = Buffer.alloc(random.between(1, 40_000));
  for (let at = 0; at < rest.length; at++) rest[at] = random.between(0, 255);
  const packet = formatSshPacket(Uint8Array.of(20, ...rest.subarray(0, random.between(0, 3000))));
  const lines = random.pick([
    "",
    "SSH-2.0-x y\r\n",
    "hello\r\nSSH-2.0-x\n",
    "SSH-2.0-",
    "PROXY TCP4 ",
    `SSH-${"a".repeat(9000)}\n`,
  ]);
  return Buffer.concat([Buffer.from(lines), random.pick([packet, Buffer.alloc(0)]), rest]);
}

async function sendPieces(random: Random, peer: Peer, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const length = at < 100 ? random.between(1, 30) : random.between(1, 20_000);
    peer.send(bytes.subarray(at, at + length));
    at += length;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
