/** Streams of TLS over Bun's sockets: when they have Bun pause, and that nothing is lost of what comes meanwhile. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "bun";
import { socketCalls, type SocketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { BunTlsConnection } from "../../../../src/net/tls/bun-tls-connection.ts";
import { TlsFailure, type TlsConnection } from "../../../../src/net/tls/secure.ts";
import { factsOfHello } from "../../../../src/tls-facts.ts";
import { certificate } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";
import { meet, ways } from "./pair.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

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

const identity = certificate({ subject: "/CN=one.test", names: "DNS:one.test" });
const versions = ["TLSv1.3", "TLSv1.2"] as const;

async function joined(
  way: (typeof ways)[number],
  maxVersion: (typeof versions)[number],
): Promise<{ readonly server: TlsConnection; readonly client: TlsConnection }> {
  const met = await meet(way, {
    choose: way.tls.serverContext({ ...serverDefaults, maxVersion, identities: [identity] }),
    client: way.tls.clientContext({ ...clientDefaults, ca: [identity.certificate] }),
  });
  const { server, client } = met;
  if (server instanceof TlsFailure || client instanceof TlsFailure) throw new Error("no handshake");
  return { server, client };
}

function declare(calls: SocketCalls): void {
  for (const way of ways.filter(({ tls }) => tls.name === "bun"))
    describe(way.name, () => {
      test("FIN without a close_notify is an end, and the answer still flows", async () => {
        for (const version of versions) {
          const { server, client } = await joined(way, version);
          client.write(Buffer.from("question"));
          calls.shutdownWrite(client.fd);
          const { bytes, state } = await server.peek(100, 100, 5000);
          expect([Buffer.from(bytes).toString(), state]).toEqual(["question", "end"]);
          server.write(Buffer.from("answer"));
          server.close();
          const answer = await client.peek(100, 100, 5000);
          expect([Buffer.from(answer.bytes).toString(), answer.state]).toEqual(["answer", "end"]);
          client.close();
        }
      });

      test("what is no record of TLS is a loss, never an end", async () => {
        for (const version of versions) {
          const { server, client } = await joined(way, version);
          client.write(Buffer.from("question"));
          await server.peek(8, 8, 5000);
          calls.send(client.fd, Buffer.from([0x17, 3, 3, 0, 40, ...Array.from({ length: 40 }, () => 7)]));
          expect((await server.peek(100, 100, 5000)).state).toBe("lost");
          server.reset();
          client.reset();
        }
      });
    });
}

const calls = socketCalls();
if (calls !== null) declare(calls);
else console.warn("SKIPPED: what goes past TLS takes libc");
