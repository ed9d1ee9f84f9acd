/** Contract: opening connections, giving up on them, and checks. */
import { expect, test } from "bun:test";

import { TransportError, type ConnectOptions, type Transport } from "../../src/net/transport.ts";
import { timed } from "../lag.ts";
import { deafListener, hasDeafListener, descriptorCount, socketCalls } from "./kernel.ts";
import { listenPeers } from "./peer.ts";
import { connectDefaults, descriptorsBackTo, Stage, testWhere } from "./stage.ts";
import type { Capabilities } from "./suite.ts";

/** Tests of `connect` and `probe`. */
export function connectContract(transport: Transport, capabilities: Capabilities): void {
  const failure = async (options: Partial<ConnectOptions>): Promise<unknown> => {
    const address = { kind: "tcp", host: "127.0.0.1", port: await closedPort() } as const;
    const error: unknown = await transport
      .connect({ ...connectDefaults, address, ...options })
      .done.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TransportError);
    return { code: (error as TransportError).code, deadline: (error as TransportError).deadline };
  };

  test("knows both ends", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.server();
    expect(connection.remote).toEqual({ kind: "tcp", host: "127.0.0.1", port: stage.servers.port });
    expect(connection.local).toEqual({ kind: "tcp", host: "127.0.0.1", port: peer.socket.remotePort });
    connection.reset();
  });

  test("a closed port refuses", async () => {
    expect(await failure({})).toEqual({ code: "ECONNREFUSED", deadline: false });
    expect(await failure({ address: { kind: "tcp", host: "::1", port: await closedPort() } })).toEqual({
      code: "ECONNREFUSED",
      deadline: false,
    });
  });

  test("a missing unix socket is missing", async () => {
    expect(await failure({ address: { kind: "unix", path: "/tmp/fairlead-no-such.sock" } })).toEqual({
      code: "ENOENT",
      deadline: false,
    });
  });

  testWhere(capabilities.libc)("failures keep their names", async () => {
    expect(await failure({ address: { kind: "tcp", host: "255.255.255.255", port: 1 } })).toEqual({
      code: "ENETUNREACH",
      deadline: false,
    });
    expect(await failure({ source: { host: "192.0.2.77", port: 0 } })).toEqual({
      code: "EADDRNOTAVAIL",
      deadline: false,
    });
    expect(await failure({ interface: "nosuch0" })).toEqual({ code: "ENODEV", deadline: false });
  });

  test.if(hasDeafListener)("has a deadline of its own, and leaves no descriptor", async () => {
    using deaf = deafListener();
    await timed(async (lag) => {
      const before = descriptorCount();
      const start = performance.now();
      expect(await failure({ address: deaf.address, timeoutMs: 150 })).toEqual({ code: "ETIMEDOUT", deadline: true });
      const tookMs = performance.now() - start;
      await descriptorsBackTo(before + (capabilities.cancels ? 0 : 1));
      expect(Math.abs(tookMs - 150)).toBeLessThan(75 + 2 * lag.worstMs);
    });
  });

  test.if(hasDeafListener)("can be cancelled, and leaves no descriptor", async () => {
    using deaf = deafListener();
    const before = descriptorCount();
    const attempts = Array.from({ length: 10 }, () => transport.connect({ ...connectDefaults, address: deaf.address }));
    for (const attempt of attempts) attempt.cancel();
    for (const attempt of attempts) {
      const error: unknown = await attempt.done.catch((error: unknown) => error);
      expect((error as TransportError).code).toBe("ECANCELED");
      attempt.cancel();
    }
    await descriptorsBackTo(before + (capabilities.cancels ? 0 : attempts.length));
  });

  test("cancel after the connection is there does nothing", async () => {
    using stage = await Stage.set(transport);
    const address = { kind: "tcp", host: "127.0.0.1", port: stage.servers.port } as const;
    const attempt = transport.connect({ ...connectDefaults, address });
    const connection = await attempt.done;
    attempt.cancel();
    const peer = await stage.servers.peer(0);
    connection.write(new TextEncoder().encode("here"));
    await peer.until("the bytes", () => peer.text === "here");
    connection.reset();
  });

  test("a banner that is there at once is not lost", async () => {
    using stage = await Stage.set(transport, (peer) => peer.send("SSH-2.0-x\r\n"));
    for (let round = 0; round < 100; round++) {
      const { connection } = await stage.server();
      expect(new TextDecoder().decode((await connection.peek(11, 255, 5000)).bytes)).toBe("SSH-2.0-x\r\n");
      connection.reset();
    }
  });

  test("binds the source it is given", async () => {
    using stage = await Stage.set(transport);
    const { peer, connection } = await stage.server({ source: { host: "127.0.0.5", port: 0 } });
    expect(peer.socket.remoteAddress).toBe("127.0.0.5");
    expect(connection.local).toEqual({ kind: "tcp", host: "127.0.0.5", port: peer.socket.remotePort });
    connection.reset();
  });

  testWhere(capabilities.libc)("buffers reach the socket", async () => {
    using stage = await Stage.set(transport);
    const { connection } = await stage.server({
      buffers: { receiveBytes: 20_000, sendBytes: 30_000, unsentBytes: 50_000 },
    });
    // SO_RCVBUF and SO_SNDBUF, which the kernel doubles.
    expect([8, 7].map((option) => socketCalls()?.getOption(connection.fd, 1, option))).toEqual([40_000, 60_000]);
    // TCP_NOTSENT_LOWAT stays as configured, also when much is sent.
    connection.write(new Uint8Array(40_000));
    expect(socketCalls()?.getOption(connection.fd, 6, 25)).toBe(50_000);
    connection.reset();
  });

  test("a probe tells open from closed", async () => {
    const servers = await listenPeers({ hostname: "127.0.0.1", port: 0 });
    const open = { kind: "tcp", host: "127.0.0.1", port: servers.port } as const;
    for (let round = 0; round < 50; round++)
      expect(await probe(transport, { ...connectDefaults, address: open })).toBeNull();
    const closed = await probe(transport, { ...connectDefaults, address: { ...open, port: await closedPort() } });
    expect(closed?.code).toBe("ECONNREFUSED");
    if (capabilities.libc) {
      // One that is accepted comes after all that were not.
      const last = await transport.connect({ ...connectDefaults, address: open }).done;
      await servers.peer(0);
      expect(servers.peers.length).toBe(1);
      last.reset();
    }
    servers.close();
  });

  test.if(hasDeafListener)("a probe has a deadline", async () => {
    using deaf = deafListener();
    const error = await probe(transport, { ...connectDefaults, address: deaf.address, timeoutMs: 100 });
    expect([error?.code, error?.deadline]).toEqual(["ETIMEDOUT", true]);
  });

  test.if(hasDeafListener)("a probe that is given up ends so, once", async () => {
    using deaf = deafListener();
    const heard: (string | undefined)[] = [];
    const options = { ...connectDefaults, address: deaf.address, timeoutMs: 50 };
    const probing = transport.probe(options, { probed: (failure) => heard.push(failure?.code) });
    expect(heard).toEqual([]);
    probing.cancel();
    probing.cancel();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual(["ECANCELED"]);
  });
}

function probe(transport: Transport, options: ConnectOptions): Promise<TransportError | null> {
  return new Promise((probed) => transport.probe(options, { probed }));
}

/** A port that nobody listens on: one that was just given back. */
async function closedPort(): Promise<number> {
  const servers = await listenPeers({ hostname: "127.0.0.1", port: 0 });
  const { port } = servers;
  servers.close();
  return port;
}
