/** Streams of TLS over Bun's sockets: when they have Bun pause, and that nothing is lost of what comes meanwhile. */
import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { BunTlsConnection } from "../../../../src/net/tls/bun-tls-connection.ts";
import { factsOfHello } from "../../../../src/tls-facts.ts";

const nowhere = { kind: "unix", path: "" } as const;

/** One whose owner and whose socket write down what they are asked and told. */
class Probe extends BunTlsConnection {
  readonly tls = factsOfHello({ error: null, serverName: null, clientHello: null });
  readonly log: string[] = [];

  constructor() {
    super(null, nowhere, nowhere);
    const says = (word: string) => () => void this.log.push(word);
    this.socket = { pause: says("pause"), resume: says("resume") } as unknown as Socket<unknown>;
    this.owner = {
      hearsOut: true,
      data: (_: unknown, bytes: Uint8Array) => this.log.push(`${bytes.length} bytes`) > 0,
      end: says("end"),
      drained: says("drained"),
      closed: says("closed"),
    };
  }
}

const request = new Uint8Array(400);

test("one that asks and waits for its answer costs no pause", () => {
  const probe = new Probe();
  for (let round = 0; round < 2; round++) {
    probe.resume();
    probe.onData(request);
    probe.pause();
  }
  expect(probe.log).toEqual(["400 bytes", "400 bytes"]);
});

test("one that sends a stream is paused when nobody wants more", () => {
  const probe = new Probe();
  probe.resume();
  probe.onData(new Uint8Array(16_384));
  probe.pause();
  expect(probe.log).toEqual(["16384 bytes", "pause"]);
});

test("what comes though nobody wants it pauses, and is given when it is wanted", async () => {
  const probe = new Probe();
  probe.resume();
  probe.pause();
  probe.onData(request);
  probe.onData(request);
  expect(probe.log).toEqual(["pause"]);
  probe.resume();
  await new Promise((done) => setImmediate(done));
  expect(probe.log).toEqual(["pause", "800 bytes", "resume"]);
});

test("an end that comes though nobody wants it is told when it is wanted, once", async () => {
  const probe = new Probe();
  probe.resume();
  probe.pause();
  probe.onEnd();
  expect(probe.log).toEqual([]);
  probe.resume();
  await new Promise((done) => setImmediate(done));
  expect(probe.log).toEqual(["end"]);
  probe.onClosed(undefined);
  expect(probe.log).toEqual(["end", "closed"]);
});

test("a loss is told at once, and no end behind it", async () => {
  const probe = new Probe();
  probe.resume();
  probe.pause();
  probe.onEnd();
  probe.onClosed(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  probe.resume();
  await new Promise((done) => setImmediate(done));
  expect(probe.log).toEqual(["closed"]);
});
