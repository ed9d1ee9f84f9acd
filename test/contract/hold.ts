/** Contract: what may be done with a connection before it is relayed. */
import { expect, test } from "bun:test";
import type { Transport } from "../../src/net/transport.ts";
import { timed } from "../lag.ts";
import { deferred, peerTls, Stage } from "./stage.ts";

const decoder = new TextDecoder();

/** Tests of `peek`, `consume`, `write`, `close`, `reset`, `closeWith` and `onLost`. */
export function holdContract(transport: Transport): void {
  test("peek waits for enough, however the bytes are split", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    const text = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    const peeked = connection.peek(text.length, 4096, 5000);
    for (const byte of text) {
      peer.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { bytes, state } = await peeked;
    expect([decoder.decode(bytes), state]).toEqual([text, "open"]);
    connection.consume(text.length);
    peer.send("rest");
    expect(decoder.decode((await connection.peek(4, 4096, 5000)).bytes)).toBe("rest");
    connection.reset();
  });

  test("peek gives no more than its limit, and keeps the rest", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    peer.send("0123456789");
    expect(decoder.decode((await connection.peek(100, 4, 5000)).bytes)).toBe("0123");
    connection.consume(4);
    expect(decoder.decode((await connection.peek(6, 100, 5000)).bytes)).toBe("456789");
    connection.reset();
  });

  test("peek ends with the peer, its deadline, or its loss", async () => {
    using stage = await Stage.set(transport);
    const ended = await stage.client();
    ended.peer.send("ab");
    ended.peer.finish();
    const end = await ended.connection.peek(3, 100, 5000);
    expect([decoder.decode(end.bytes), end.state]).toEqual(["ab", "end"]);
    ended.connection.reset();

    await timed(async (lag) => {
      const silent = await stage.client();
      silent.peer.send("a");
      const start = performance.now();
      const timeout = await silent.connection.peek(2, 100, 100);
      const tookMs = performance.now() - start;
      silent.connection.reset();
      expect([decoder.decode(timeout.bytes), timeout.state]).toEqual(["a", "timeout"]);
      expect(Math.abs(tookMs - 100)).toBeLessThan(50 + 2 * lag.worstMs);
    });

    const lost = await stage.client();
    const peeked = lost.connection.peek(2, 100, 5000);
    lost.peer.reset();
    expect((await peeked).state).toBe("lost");
  });

  test("where TCP_INFO is told, the last answer outlives the socket", async () => {
    using stage = await Stage.set(transport);
    for (const end of ["close", "reset"] as const) {
      const { peer, connection } = await stage.client();
      const { tcpInfo } = connection;
      if (tcpInfo === undefined) return connection.reset();
      expect(tcpInfo()?.unacked).toBe(0);
      // Loss and reordering are not for a loopback; its round trips take some time, and are guessed before the first.
      expect(tcpInfo()?.rttUs).toBeGreaterThan(0);
      connection[end]();
      await peer.until("its end", () => peer.log.length > 0);
      expect(tcpInfo()?.rttUs).toBeGreaterThan(0);
      // Of TLS something is always said behind the handshake, and at the end.
      const info = tcpInfo();
      const unacked = peerTls.has(transport) ? info?.unacked : 0;
      expect(info).toMatchObject({ unacked, sacked: 0, lost: 0, retransmits: 0, fackets: 0 });
    }
  });

  test("nothing is read before it is asked for", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    peer.send(new Uint8Array(64 * 1024 * 1024));
    const first = await connection.peek(1, 1024, 5000);
    expect(first.bytes.length).toBeLessThanOrEqual(1024);
    const { unsentBytes } = peer;
    expect(unsentBytes).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.unsentBytes).toBeGreaterThan(unsentBytes / 2);
    connection.reset();
  });

  test("onLost tells a reset once, also one that came first", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    const codes: string[] = [];
    const told = deferred<void>();
    connection.onLost = () => codes.push("removed");
    connection.onLost = null;
    connection.onLost = (code) => {
      codes.push(code);
      told.resolve();
    };
    peer.reset();
    await told.promise;
    const again = await connection.peek(1, 1, 1000);
    expect([codes, again.state]).toEqual([["ECONNRESET"], "lost"]);
    const late = deferred<string>();
    connection.onLost = late.resolve;
    expect(await late.promise).toBe("ECONNRESET");
  });

  test("close sends what was written and FIN", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    const bytes = new Uint8Array(32 * 1024 * 1024).fill(5);
    connection.write(bytes);
    connection.close();
    await peer.until("everything", () => peer.log.length > 0);
    expect([peer.count, peer.histogram[5], peer.log[0]]).toEqual([bytes.length, bytes.length, "fin"]);
    peer.finish();
  });

  test("close is an end, not a reset, for a peer whose bytes nobody wanted", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    peer.send("nobody wants this");
    await connection.peek(1, 1, 5000);
    peer.send("nor that");
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.close();
    await peer.until("its end", () => peer.log.length > 0);
    expect(peer.log[0]).toBe("fin");
    peer.finish();
  });

  test("what is written may be overwritten by its owner", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    const bytes = new Uint8Array(32 * 1024 * 1024).fill(5);
    connection.write(bytes);
    bytes.fill(6);
    connection.close();
    await peer.until("everything", () => peer.log.length > 0);
    expect([peer.histogram[5], peer.histogram[6]]).toEqual([bytes.length, 0]);
    peer.finish();
  });

  test("reset is seen as a reset", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    connection.reset();
    await peer.until("its end", () => peer.log.length > 0);
    expect(peer.log).toEqual(["ECONNRESET"]);
  });

  test("closeWith is read by a peer that is still sending, and waits for its end", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.client();
    peer.send("unread input".repeat(1000));
    connection.closeWith(new TextEncoder().encode("go away\r\n"), 5000);
    peer.send("more input".repeat(1000));
    await peer.until("the end", () => peer.log.includes("fin"));
    expect(peer.text).toBe("go away\r\n");
    peer.send("even more");
    peer.finish();
    await peer.until("a clean close", () => peer.isOver);
    expect(peer.log).toEqual(["fin", "closed"]);
  });

  test("closeWith does not wait for ever", async () => {
    using stage = await Stage.set(transport);
    await timed(async (lag) => {
      const { peer, connection } = await stage.client();
      const start = performance.now();
      connection.closeWith(new TextEncoder().encode("bye"), 200);
      await peer.until("the end", () => peer.log.includes("fin"));
      peer.send("x");
      while (!peer.isOver && performance.now() - start < 2000) {
        peer.send("x");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const tookMs = performance.now() - start;
      expect(peer.isOver).toBe(true);
      expect(Math.abs(tookMs - 200)).toBeLessThan(150 + 2 * lag.worstMs);
    });
  });
}
