/** Contract: bytes, half-closes and resets through a relay. */
import { expect, test } from "bun:test";
import { Gate } from "../../src/net/gate.ts";
import type { Transport } from "../../src/net/transport.ts";
import { connectPeer, listenPeers, type Peer } from "./peer.ts";
import { deferred, connectDefaults, Door, filled, noLimits, peerTls, Stage, testWhere } from "./stage.ts";
import { tapContract } from "./taps.ts";
import type { Capabilities } from "./suite.ts";

const mebibyte = 1024 * 1024;

/** Tests of `relay` without time. */
export function relayContract(transport: Transport, { seesLateResets }: Pick<Capabilities, "seesLateResets">): void {
  tapContract(transport);

  // Peers that speak TLS cost more than what is tested.
  const scale = peerTls.has(transport) ? 4 : 1;

  test("the client may finish first and still read the answer", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    client.send("question");
    client.finish();
    await server.until("the question and its end", () => server.log.includes("fin"));
    expect(server.text).toBe("question");
    server.send("answer");
    server.finish();
    await client.until("the answer and its end", () => client.log.length > 0);
    expect(client.text).toBe("answer");
    expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: 8, bytesOut: 6 });
    expect(relay.counts()).toEqual({ bytesIn: 8, bytesOut: 6 });
  });

  test("the server may finish first and still read", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    server.send("banner");
    server.finish();
    await client.until("the banner and its end", () => client.log.includes("fin"));
    client.send("still talking");
    client.finish();
    await server.until("the rest and its end", () => server.log.length > 0);
    expect([client.text, server.text]).toEqual(["banner", "still talking"]);
    expect(await relay.ended).toEqual({ by: "server", how: "fin", bytesIn: 13, bytesOut: 6 });
  });

  test("a gate holds back what the server says, its end included, while the client's bytes go on", async () => {
    using stage = await Stage.set(transport);
    const seen: string[] = [];
    const gate = new Gate(8, () =>
      seen.push(`${Buffer.from(gate.bytes).toString("latin1")}${gate.isWhole ? "." : ""}`),
    );
    const { client, server, relay } = await stage.session({}, undefined, gate);
    server.send("abc");
    client.send("question");
    client.finish();
    await server.until("the question and its end", () => server.log.includes("fin"));
    await until(() => gate.bytes.length === 3);
    server.send("defgh, and more than there is room for");
    await until(() => gate.isWhole);
    server.finish();
    expect([client.count, server.text, seen.at(-1)?.startsWith("abcdefgh")]).toEqual([0, "question", true]);
    gate.open();
    await client.until("the answer and its end", () => client.log.length > 0);
    expect(client.text).toBe("abcdefgh, and more than there is room for");
    expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: 8, bytesOut: 41 });
  });

  test("a server that finishes before the gate is opened", async () => {
    using stage = await Stage.set(transport);
    const gate: Gate = new Gate(1000, () => {
      if (gate.isWhole) gate.open();
    });
    const { client, server, relay } = await stage.session({}, undefined, gate);
    server.send("answer");
    server.finish();
    await client.until("the answer and its end", () => client.log.includes("fin"));
    client.finish();
    await server.until("its end", () => server.log.length > 0);
    expect(client.text).toBe("answer");
    expect(await relay.ended).toEqual({ by: "server", how: "fin", bytesIn: 0, bytesOut: 6 });
  });

  test("a gate that gives both connections back ends the relay without a word", async () => {
    using stage = await Stage.set(transport);
    const gate = new Gate(1000, () => undefined);
    const [client, server] = [await stage.client(), await stage.server()];
    const relay = transport.relay(client.connection, server.connection, noLimits, undefined, gate);
    client.peer.send("question");
    server.peer.send("answer");
    await until(() => gate.bytes.length === 6 && server.peer.count === 8);
    gate.giveBack();
    expect(relay.counts()).toEqual({ bytesIn: 8, bytesOut: 6 });
    client.connection.write(new TextEncoder().encode("refused"));
    client.connection.close();
    server.connection.reset();
    await client.peer.until("the last word and the end", () => client.peer.log.length > 0);
    await server.peer.until("its end", () => server.peer.log.length > 0);
    expect([client.peer.text, client.peer.log[0], server.peer.log[0]]).toEqual(["refused", "fin", "ECONNRESET"]);
  });

  test(`data and FIN in one segment, ${200 / scale} times`, async () => {
    using stage = await Stage.set(transport, (peer) => {
      peer.send("reply");
      peer.finish();
    });
    for (let round = 0; round < 200 / scale; round++) {
      const { client, server, relay } = await stage.session();
      client.send("data");
      client.finish();
      await client.until("the reply and its end", () => client.log.length > 0);
      await server.until("the data and its end", () => server.log.length > 0);
      expect([client.text, server.text, (await relay.ended).how]).toEqual(["reply", "data", "fin"]);
    }
  });

  test("a reset by the client is a reset for the server", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    client.send("partial");
    await server.until("the bytes", () => server.count === 7);
    client.reset();
    await server.until("its end", () => server.log.length > 0);
    expect(server.log).toEqual(["ECONNRESET"]);
    expect(await relay.ended).toEqual({ by: "client", how: "reset", bytesIn: 7, bytesOut: 0 });
  });

  test("a reset by the server is a reset for the client, never a clean end", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    server.send("partial");
    await client.until("the bytes", () => client.count === 7);
    server.reset();
    await client.until("its end", () => client.log.length > 0);
    expect(client.log).toEqual(["ECONNRESET"]);
    expect(await relay.ended).toEqual({ by: "server", how: "reset", bytesIn: 0, bytesOut: 7 });
  });

  test("a reset after a half-close is a reset", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    client.finish();
    await server.until("the end", () => server.log.includes("fin"));
    server.reset();
    await client.until("its end", () => client.log.length > 0);
    expect(client.log).toEqual(["ECONNRESET"]);
    expect(await relay.ended).toEqual({ by: "server", how: "reset", bytesIn: 0, bytesOut: 0 });
  });

  testWhere(seesLateResets)("an end and a reset at once are a reset", async () => {
    using stage = await Stage.set(transport);
    for (let round = 0; round < 50; round++) {
      const { client, server, relay } = await stage.session();
      const [one, other, by] =
        round % 2 === 0 ? ([client, server, "client"] as const) : ([server, client, "server"] as const);
      one.finish();
      one.reset();
      await other.until("its end", () => other.isOver);
      expect(await relay.ended).toEqual({ by, how: "reset", bytesIn: 0, bytesOut: 0 });
    }
  });

  test("both reset at once, and nothing is left", async () => {
    using stage = await Stage.set(transport);
    for (let round = 0; round < 50; round++) {
      const { client, server, relay } = await stage.session();
      client.reset();
      server.reset();
      expect((await relay.ended).how).toBe("reset");
    }
  });

  test("both finish at once", async () => {
    using stage = await Stage.set(transport);
    for (let round = 0; round < 50; round++) {
      const { client, server, relay } = await stage.session();
      client.finish();
      server.finish();
      await client.until("its end", () => client.log.length > 0);
      await server.until("its end", () => server.log.length > 0);
      expect((await relay.ended).how).toBe("fin");
    }
  });

  test("kill resets both", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    client.send("x");
    await server.until("a byte", () => server.count === 1);
    relay.kill();
    relay.kill();
    await client.until("its end", () => client.log.length > 0);
    await server.until("its end", () => server.log.length > 0);
    expect([client.log, server.log]).toEqual([["ECONNRESET"], ["ECONNRESET"]]);
    expect(await relay.ended).toEqual({ by: "proxy", how: "killed", bytesIn: 1, bytesOut: 0 });
  });

  test("a reader that stops holds back the writer, and gets everything when it goes on", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session();
    client.socket.pause();
    const memory = process.memoryUsage.rss();
    const total = (64 * mebibyte) / scale;
    const chunk = filled(mebibyte, 7);
    for (let sent = 0; sent < total; sent += mebibyte) server.send(chunk);
    await settled(() => relay.counts().bytesOut);
    expect(server.unsentBytes).toBeGreaterThan(0);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(48 * mebibyte);
    client.socket.resume();
    server.finish();
    await client.until("everything", () => client.log.includes("fin"));
    expect([client.count, client.histogram[7]]).toEqual([total, total]);
    client.finish();
    expect(await relay.ended).toEqual({ by: "server", how: "fin", bytesIn: 0, bytesOut: total });
  });

  test("nobody gets another's bytes: sixteen at once, twice", async () => {
    using stage = await Stage.set(transport, echo);
    for (let round = 0; round < 2; round++) {
      const total = (8 * mebibyte) / scale;
      await Promise.all(
        Array.from({ length: 16 }, async (_, index) => {
          const value = 65 + index + round * 16;
          const { client, relay } = await stage.session();
          client.send(filled(total, value));
          client.finish();
          await client.until(`the echo of ${value}`, () => client.log.length > 0);
          const foreign = client.count - (client.histogram[value] as number);
          expect({ value, count: client.count, foreign }).toEqual({ value, count: total, foreign: 0 });
          expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: total, bytesOut: total });
        }),
      );
    }
  }, 60_000);

  test("a relay is left by its client while it is full, sixteen at once", async () => {
    using stage = await Stage.set(transport);
    const sessions = await Promise.all(Array.from({ length: 16 }, () => stage.session()));
    for (const { client, server } of sessions) {
      client.socket.pause();
      server.send(filled(8 * mebibyte, 1));
    }
    await settled(() => sessions.reduce((sum, { relay }) => sum + relay.counts().bytesOut, 0));
    for (const { client } of sessions) client.reset();
    for (const { server, relay } of sessions) {
      await server.until("its end", () => server.isOver);
      expect({ ...(await relay.ended), bytesOut: 0 }).toEqual({ by: "client", how: "reset", bytesIn: 0, bytesOut: 0 });
    }
  });

  test("bytes that were peeked and bytes that were written go first, in order", async () => {
    using stage = await Stage.set(transport);
    const client = await stage.client();
    client.peer.send("HEADERearly ");
    expect((await client.connection.peek(6, 4096, 5000)).state).toBe("open");
    client.connection.consume(6);
    const server = await stage.server();
    server.connection.write(new TextEncoder().encode("PROXY "));
    const relay = transport.relay(client.connection, server.connection, noLimits);
    client.peer.send("late");
    client.peer.finish();
    await server.peer.until("the end", () => server.peer.log.includes("fin"));
    expect(server.peer.text).toBe("PROXY early late");
    server.peer.finish();
    expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: 10, bytesOut: 0 });
  });

  test("a client that finished while it was held is told to the server", async () => {
    using stage = await Stage.set(transport);
    const client = await stage.client();
    client.peer.send("all");
    client.peer.finish();
    expect((await client.connection.peek(100, 4096, 5000)).state).toBe("end");
    const server = await stage.server();
    const relay = transport.relay(client.connection, server.connection, noLimits);
    await server.peer.until("the end", () => server.peer.log.includes("fin"));
    server.peer.send("reply");
    server.peer.finish();
    await client.peer.until("the reply", () => client.peer.log.length > 0);
    expect([server.peer.text, client.peer.text, (await relay.ended).how]).toEqual(["all", "reply", "fin"]);
  });

  test("a client that reset while it was held resets the server", async () => {
    using stage = await Stage.set(transport);
    const client = await stage.client();
    const lost = deferred<string>();
    client.connection.onLost = lost.resolve;
    client.peer.reset();
    expect(await lost.promise).toBe("ECONNRESET");
    const server = await stage.server();
    const relay = transport.relay(client.connection, server.connection, noLimits);
    await server.peer.until("its end", () => server.peer.log.length > 0);
    expect([server.peer.log, await relay.ended]).toEqual([
      ["ECONNRESET"],
      { by: "client", how: "reset", bytesIn: 0, bytesOut: 0 },
    ]);
  });

  test("a server that is closed at once by nolinger after the client's end", async () => {
    using stage = await Stage.set(transport);
    const { client, server, relay } = await stage.session({ serverNoLinger: true });
    client.finish();
    await server.until("its end", () => server.log.length > 0);
    expect(server.log).toEqual(["ECONNRESET"]);
    expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: 0, bytesOut: 0 });
  });

  test("IPv6 to a unix socket, and a reply that is closed at once", async () => {
    const path = `/tmp/fairlead-contract-${process.pid}.sock`;
    const door = await Door.open(transport, { address: { kind: "tcp", host: "::1", port: 0 } });
    const servers = await listenPeers({ unix: path }, greetAndLeave, peerTls.get(transport)?.server);
    for (let round = 0; round < 20; round++) {
      const client = await connectPeer({ hostname: "::1", port: door.port }, peerTls.get(transport)?.client);
      const accepted = await door.next();
      expect(accepted.remote).toEqual({ kind: "tcp", host: "::1", port: client.socket.localPort });
      const server = await transport.connect({ address: { kind: "unix", path }, ...connectDefaults }).done;
      const relay = transport.relay(accepted, server, noLimits);
      await client.until("the reply", () => client.log.includes("fin"));
      client.finish();
      expect([client.text, (await relay.ended).how]).toEqual(["hello and goodbye", "fin"]);
    }
    door.listener.close();
    servers.close();
  });
}

/** Sends back what comes, holding it back as the other side does, and finishes when it has. */
function echo(peer: Peer): void {
  peer.take = (bytes) => {
    peer.send(bytes);
    if (peer.unsentBytes > 0) peer.socket.pause();
  };
  peer.changed = () => {
    if (peer.unsentBytes === 0) peer.socket.resume();
  };
  peer.event = (name) => {
    if (name === "fin") peer.finish();
  };
}

/** Waits until a number has stopped changing. */
async function settled(read: () => number): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (performance.now() - since < 100) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    if (now !== last) since = performance.now();
    last = now;
  }
}

/** Waits for what no peer hears of. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

function greetAndLeave(peer: Peer): void {
  peer.send("hello and goodbye");
  peer.finish();
}
