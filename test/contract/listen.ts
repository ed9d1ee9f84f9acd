/** Contract: listening sockets of every kind, and pausing them. */
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TransportError, type ListenOptions, type Transport } from "../../src/net/transport.ts";
import type { SocketAddress } from "../../src/address.ts";
import {
  AF_INET,
  AF_INET6,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketCalls,
  descriptorCount,
  isBlocking,
  setBlocking,
} from "./kernel.ts";
import { connectPeer, listenPeers, type Peer } from "./peer.ts";
import { connectDefaults, Door, listenDefaults, Stage, testWhere } from "./stage.ts";
import type { Capabilities } from "./suite.ts";

/** Tests of `listen`. */
export function listenContract(transport: Transport, capabilities: Capabilities): void {
  const failure = async (options: Partial<ListenOptions>): Promise<string> => {
    const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    const error: unknown = await transport
      .listen({ address, ...listenDefaults, ...options }, () => undefined)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TransportError);
    return (error as TransportError).code;
  };

  test("tells its address, and both ends of what it accepts", async () => {
    const door = await Door.open(transport);
    expect(door.listener.address).toEqual({ kind: "tcp", host: "127.0.0.1", port: door.port });
    expect(door.port).toBeGreaterThan(0);
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    const accepted = await door.next();
    expect([accepted.remote, accepted.local]).toEqual([
      { kind: "tcp", host: "127.0.0.1", port: client.socket.localPort },
      { kind: "tcp", host: "127.0.0.1", port: door.port },
    ]);
    accepted.reset();
    door.listener.close();
  });

  test(":: takes IPv4 too, under its own name; * is IPv4", async () => {
    for (const [host, from] of [
      ["::", "127.0.0.1"],
      ["::", "::1"],
      ["*", "127.0.0.1"],
    ] as const) {
      const door = await Door.open(transport, { address: { kind: "tcp", host, port: 0 } });
      const client = await connectPeer({ hostname: from, port: door.port });
      const accepted = await door.next();
      expect([accepted.remote, accepted.local]).toEqual([
        { kind: "tcp", host: from, port: client.socket.localPort },
        { kind: "tcp", host: from, port: door.port },
      ]);
      accepted.reset();
      door.listener.close();
    }
  });

  testWhere(capabilities.v6only)("v6only leaves IPv4 alone", async () => {
    const door = await Door.open(transport, { address: { kind: "tcp", host: "::", port: 0 }, v6only: true });
    const error: unknown = await connectPeer({ hostname: "127.0.0.1", port: door.port }).catch(
      (error: unknown) => error,
    );
    expect((error as { code: string }).code).toBe("ECONNREFUSED");
    door.listener.close();
  });

  test("a unix socket: mode, a stale file replaced, the file gone after close", async () => {
    const folder = mkdtempSync("/tmp/fairlead-contract-");
    const address = { kind: "unix", path: join(folder, "s") } as const;
    writeFileSync(address.path, "something stale");
    chmodSync(address.path, 0o644);
    const door = await Door.open(transport, { address, mode: 0o660 });
    expect([statSync(address.path).mode & 0o777, statSync(address.path).isSocket()]).toEqual([0o660, true]);
    const client = await connectPeer({ unix: address.path });
    const accepted = await door.next();
    expect([accepted.remote, accepted.local]).toEqual([{ kind: "unix", path: "" }, address]);
    accepted.write(new TextEncoder().encode("hi"));
    accepted.close();
    await client.until("the end", () => client.log.includes("fin"));
    expect(client.text).toBe("hi");
    client.finish();
    door.listener.close();
    expect(existsSync(address.path)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  testWhere(capabilities.abstractNames)("an abstract name", async () => {
    const address = { kind: "abstract", name: `fairlead-contract-${process.pid}` } as const;
    const door = await Door.open(transport, { address });
    const connection = await transport.connect({ address, ...connectDefaults }).done;
    const accepted = await door.next();
    expect([accepted.local, connection.remote]).toEqual([address, address]);
    accepted.write(new TextEncoder().encode("abstract"));
    expect((await connection.peek(8, 100, 5000)).bytes.length).toBe(8);
    connection.reset();
    accepted.reset();
    door.listener.close();
  });

  testWhere(capabilities.libc)("an inherited descriptor says what it is bound to", async () => {
    const calls = socketCalls()!;
    const fd = calls.socket(AF_INET, SOCK_STREAM);
    calls.bind(fd, { kind: "tcp", host: "127.0.0.3", port: 0 });
    const address = calls.localAddress(fd) as SocketAddress & { port: number };
    const door = await Door.open(transport, { address: { kind: "fd", fd } });
    expect(door.listener.address).toEqual(address);
    const client = await connectPeer({ hostname: "127.0.0.3", port: address.port });
    (await door.next()).reset();
    await client.until("its end", () => client.isOver);
    door.listener.close();
    calls.close(fd);
    expect(await failure({ address: { kind: "fd", fd: 9999 } })).toBe("EBADF");
  });

  testWhere(capabilities.inherits)("an inherited descriptor never blocks, and is only lent", async () => {
    const calls = socketCalls()!;
    const fd = calls.socket(AF_INET, SOCK_STREAM);
    calls.bind(fd, { kind: "tcp", host: "127.0.0.1", port: 0 });
    calls.listen(fd, 10);
    setBlocking(fd);
    expect(isBlocking(fd)).toBe(true);
    // A reload may close the listener and open it again.
    for (let round = 0; round < 2; round++) {
      const door = await Door.open(transport, { address: { kind: "fd", fd } });
      expect([isBlocking(fd), door.listener.address]).toEqual([false, calls.localAddress(fd)!]);
      const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
      (await door.next()).reset();
      await client.until("its end", () => client.isOver);
      door.listener.close();
    }
    calls.close(fd);
  });

  testWhere(capabilities.inherits)("what is inherited and cannot listen is refused, by what it is", async () => {
    const calls = socketCalls()!;
    const before = descriptorCount();
    const datagrams = calls.socket(AF_INET, SOCK_DGRAM);
    calls.bind(datagrams, { kind: "tcp", host: "127.0.0.1", port: 0 });
    expect(await failure({ address: { kind: "fd", fd: datagrams } })).toBe("EPROTOTYPE");
    const loose = calls.socket(AF_INET, SOCK_STREAM);
    expect(await failure({ address: { kind: "fd", fd: loose } })).toBe("EINVAL");
    const [one, other] = calls.pair(SOCK_STREAM) as readonly [number, number];
    expect(await failure({ address: { kind: "fd", fd: one } })).toBe("EISCONN");
    for (const fd of [datagrams, loose, one, other]) calls.close(fd);
    expect(descriptorCount()).toBe(before);
  });

  testWhere(capabilities.libc)("options reach an inherited socket, but for what its bind has settled", async () => {
    const calls = socketCalls()!;
    const fd = calls.socket(AF_INET6, SOCK_STREAM);
    calls.bind(fd, { kind: "tcp", host: "::", port: 0 });
    const address = { kind: "fd", fd } as const;
    expect(await failure({ address, v6only: true })).toBe("EINVAL");
    const door = await Door.open(transport, {
      address,
      v6only: false,
      mss: 1200,
      userTimeoutMs: 5000,
      interface: "lo",
    });
    expect([calls.getOption(fd, 6, 2), calls.getOption(fd, 6, 18)]).toEqual([1200, 5000]);
    door.listener.close();
    calls.close(fd);
  });

  test("a busy port is busy, a foreign address not ours", async () => {
    const other = await listenPeers({ hostname: "127.0.0.1", port: 0 });
    expect(await failure({ address: { kind: "tcp", host: "127.0.0.1", port: other.port } })).toBe("EADDRINUSE");
    other.close();
    expect(await failure({ address: { kind: "tcp", host: "192.0.2.77", port: 0 } })).toBe(
      capabilities.bindErrors ? "EADDRNOTAVAIL" : "EINVAL",
    );
    expect(await failure({ address: { kind: "unix", path: "/nosuch/folder/s" } })).toBe("ENOENT");
  });

  testWhere(capabilities.sharesPorts)("the same bind twice, as HAProxy allows", async () => {
    const door = await Door.open(transport);
    const twin = await Door.open(transport, { address: door.listener.address });
    door.listener.close();
    const client = await connectPeer({ hostname: "127.0.0.1", port: twin.port });
    (await twin.next()).reset();
    await client.until("its end", () => client.isOver);
    twin.listener.close();
  });

  test("the address is free as soon as it is closed", async () => {
    const door = await Door.open(transport);
    door.listener.close();
    door.listener.close();
    const other = await listenPeers({ hostname: "127.0.0.1", port: door.port });
    other.close();
  });

  test("accepted connections live on after close", async () => {
    const door = await Door.open(transport);
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    const accepted = await door.next();
    door.listener.close();
    client.send("still here");
    expect((await accepted.peek(10, 100, 5000)).bytes.length).toBe(10);
    accepted.reset();
    await client.until("its end", () => client.isOver);
  });

  test("paused, it leaves connections in the backlog, and loses none", async () => {
    const door = await Door.open(transport);
    const clients: Peer[] = [];
    for (let round = 0; round < 20; round++) {
      door.listener.pause();
      door.listener.pause();
      for (let count = 0; count < 5; count++) {
        const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
        client.send("waiting");
        clients.push(client);
      }
      expect(door.waiting).toBe(0);
      door.listener.resume();
      door.listener.resume();
      for (let count = 0; count < 5; count++) {
        const accepted = await door.next();
        expect((await accepted.peek(7, 100, 5000)).bytes.length).toBe(7);
        accepted.close();
      }
    }
    for (const client of clients) {
      await client.until("its end", () => client.log.length > 0);
      client.finish();
      expect(client.log[0]).toBe("fin");
    }
    door.listener.close();
  });

  test("clients that reset before they were accepted do no harm", async () => {
    const door = await Door.open(transport);
    door.listener.pause();
    for (let count = 0; count < 20; count++) (await connectPeer({ hostname: "127.0.0.1", port: door.port })).reset();
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    door.listener.resume();
    for (let accepted = await door.next(); ; accepted = await door.next()) {
      const { remote } = accepted;
      accepted.reset();
      if (remote.kind === "tcp" && remote.port === client.socket.localPort) break;
    }
    await client.until("its end", () => client.isOver);
    door.listener.close();
  });

  test("closed while it is paused, it refuses", async () => {
    const before = descriptorCount();
    const door = await Door.open(transport);
    door.listener.pause();
    door.listener.close();
    door.listener.resume();
    const error: unknown = await connectPeer({ hostname: "127.0.0.1", port: door.port }).catch(
      (error: unknown) => error,
    );
    expect([(error as { code: string }).code, descriptorCount()]).toEqual(["ECONNREFUSED", before]);
  });

  test("retired, it serves who waits, refuses who comes after, and is gone", async () => {
    const folder = mkdtempSync("/tmp/fairlead-contract-");
    const addresses: SocketAddress[] = [
      { kind: "tcp", host: "127.0.0.1", port: 0 },
      { kind: "unix", path: join(folder, "s") },
    ];
    for (const address of addresses) {
      const door = await Door.open(transport, { address });
      const target = address.kind === "unix" ? { unix: address.path } : { hostname: "127.0.0.1", port: door.port };
      door.listener.pause();
      const clients = await Promise.all(Array.from({ length: 5 }, () => connectPeer(target)));
      let isGone = false;
      const gone = new Promise<void>((resolve) => door.listener.retire(() => resolve(void (isGone = true))));
      door.listener.retire(() => expect("told").toBe("once"));
      for (const client of clients) client.send("waited");
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect([door.waiting, isGone]).toEqual([0, false]);
      door.listener.resume();
      for (const _ of clients) {
        const accepted = await door.next();
        expect((await accepted.peek(6, 100, 5000)).bytes.length).toBe(6);
        accepted.close();
      }
      for (const client of clients) {
        await client.until("its end", () => client.log.length > 0);
        client.finish();
        expect(client.log[0]).toBe("fin");
      }
      await gone;
      expect(await connectPeer(target).catch(() => "refused")).toBe("refused");
      door.listener.close();
    }
    rmSync(folder, { recursive: true });
  });

  testWhere(capabilities.libc)("retired, it waits for who is in the middle of the handshake", async () => {
    const door = await Door.open(transport, { deferAccept: true });
    // Its first bytes would end the handshake.
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    const gone = new Promise<void>((resolve) => door.listener.retire(resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(door.waiting).toBe(0);
    client.send("late");
    const accepted = await door.next();
    expect((await accepted.peek(4, 100, 5000)).bytes.length).toBe(4);
    accepted.reset();
    await client.until("its end", () => client.isOver);
    await gone;
  });

  test("closed while it is retired, it resets who waits and tells nobody that it is gone", async () => {
    const door = await Door.open(transport);
    door.listener.pause();
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    client.send("waits");
    door.listener.retire(() => expect("gone").toBe("not told"));
    door.listener.close();
    await client.until("its end", () => client.isOver);
    expect(client.log.includes("fin")).toBe(false);
    const other = await listenPeers({ hostname: "127.0.0.1", port: door.port });
    other.close();
  });

  testWhere(capabilities.inherits && capabilities.sharesPorts)(
    "while it is retired its twins have all that is new",
    async () => {
      // In the order in which they begin to listen, which is the kernel's: G goes, S stays.
      for (const order of ["GS", "SG", "GGS", "GSG", "SGGS", "GGGSS"]) {
        const doors: Door[] = [];
        let address: SocketAddress = { kind: "tcp", host: "127.0.0.1", port: 0 };
        for (const _ of order) {
          const door = await Door.open(transport, { address });
          ({ address } = door.listener);
          doors.push(door);
        }
        const [first] = doors as [Door];
        const leaving = doors.filter((_, index) => order[index] === "G");
        const twins = doors.filter((_, index) => order[index] === "S");
        for (const one of leaving) one.listener.pause();
        const gone = leaving.map((one) => new Promise<void>((resolve) => one.listener.retire(resolve)));
        for (let client = 0; client < 20; client++) {
          const peer = await connectPeer({ hostname: "127.0.0.1", port: first.port });
          const accepted = await Promise.race(twins.map((one) => one.next()));
          expect(accepted.remote).toMatchObject({ port: peer.socket.localPort });
          peer.reset();
          accepted.reset();
        }
        for (const one of leaving) one.listener.resume();
        await Promise.all(gone);
        expect(leaving.map((one) => one.waiting)).toEqual(leaving.map(() => 0));
        for (const one of twins) one.listener.close();
      }
    },
  );

  testWhere(capabilities.libc)("nothing paces between two ends of one machine, unless it is asked for", async () => {
    const calls = socketCalls()!;
    // TCP_CONGESTION.
    const controlOf = ({ fd }: { readonly fd: number }): string | null => calls.getTextOption(fd, 6, 13);
    for (const host of ["127.0.0.1", "0.0.0.0", "::"]) {
      for (const congestion of [null, "reno"]) {
        using stage = await Stage.set(transport, undefined, { address: { kind: "tcp", host, port: 0 }, congestion });
        const client = await stage.client();
        const server = await stage.server({ congestion });
        for (const { connection } of [client, server]) {
          const control = controlOf(connection);
          expect([host, congestion, congestion === null ? control?.startsWith("bbr") : control]).toEqual([
            host,
            congestion,
            congestion === null ? false : "reno",
          ]);
          connection.reset();
        }
      }
    }
    const refused = await Door.open(transport, { congestion: "nosuch" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "TransportError" });
  });

  testWhere(capabilities.libc)("options reach the socket", async () => {
    const calls = socketCalls()!;
    const keepAlive = { idleSeconds: 77, intervalSeconds: 7, count: 3 };
    const door = await Door.open(transport, {
      backlog: 17,
      mss: 1200,
      userTimeoutMs: 5000,
      deferAccept: true,
      fastOpen: true,
      interface: "lo",
      quickAck: false,
      keepAlive,
      buffers: { receiveBytes: 20_000, sendBytes: 30_000, unsentBytes: 50_000 },
    });
    const { fd } = door.listener;
    // TCP_MAXSEG, TCP_USER_TIMEOUT, TCP_DEFER_ACCEPT, TCP_QUICKACK.
    expect([2, 18, 9, 12].map((option) => calls.getOption(fd, 6, option))).toEqual([1200, 5000, 1, 0]);
    const client = await connectPeer({ hostname: "127.0.0.1", port: door.port });
    client.send("deferred");
    const accepted = await door.next();
    expect([4, 5, 6].map((option) => calls.getOption(accepted.fd, 6, option))).toEqual([77, 7, 3]);
    // SO_RCVBUF and SO_SNDBUF, which the kernel doubles.
    expect([8, 7].map((option) => calls.getOption(accepted.fd, 1, option))).toEqual([40_000, 60_000]);
    // TCP_NOTSENT_LOWAT stays as configured, also when much is sent.
    accepted.write(new Uint8Array(40_000));
    expect(calls.getOption(accepted.fd, 6, 25)).toBe(50_000);
    accepted.reset();
    door.listener.close();
    const listening = (await Bun.$`ss -Hltn sport = :${door.port}`.text()).trim();
    expect(listening).toBe("");
  });
}
