/** A descriptor that somebody left us is a listener's, or is refused with the reason; nothing that was opened for it stays. */
import { expect, test } from "bun:test";
import type { SocketAddress } from "../../../../src/address.ts";
import {
  AF_INET,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  type SocketCalls,
} from "../../../../src/net/libc/socket-calls.ts";
import { adoptSocket, checkFamily } from "../../../../src/net/listen/inherited-socket.ts";
import type { ListenOptions, TransportError } from "../../../../src/net/transport.ts";
import { listenDefaults } from "../../../contract/stage.ts";

/** Descriptor 3, as the kernel would describe it. */
interface Inherited {
  readonly type: number;
  readonly family: number;
  readonly listens: boolean;
  readonly local: SocketAddress | null;
  readonly remote: SocketAddress | null;
  readonly isV6only: boolean;
  readonly duplicate: number;
  readonly nonBlocking: number;
}

const listening: Inherited = {
  type: SOCK_STREAM,
  family: AF_INET,
  listens: true,
  local: { kind: "tcp", host: "127.0.0.1", port: 80 },
  remote: null,
  isV6only: false,
  duplicate: 7,
  nonBlocking: 0,
};

function scene(changed: Partial<Inherited>) {
  const socket = { ...listening, ...changed };
  const log: string[] = [];
  const options = new Map([
    [SO_TYPE, socket.type],
    [SO_DOMAIN, socket.family],
    [SO_ACCEPTCONN, socket.listens ? 1 : 0],
    [IPV6_V6ONLY, socket.isV6only ? 1 : 0],
  ]);
  const calls = {
    getOption: (_fd: number, _level: number, option: number) => options.get(option),
    localAddress: () => socket.local,
    remoteAddress: () => socket.remote,
    duplicate: () => socket.duplicate,
    setCloseOnExec: (fd: number) => log.push(`${fd} is kept from others`),
    setNonBlocking(fd: number) {
      log.push(`${fd} does not block`);
      return socket.nonBlocking;
    },
    close: (fd: number) => log.push(`${fd} closed`),
  } as unknown as SocketCalls;
  return { calls, log };
}

function adopted(changed: Partial<Inherited>): string | number {
  try {
    return adoptSocket(scene(changed).calls, 3);
  } catch (error) {
    const { code, message } = error as TransportError;
    return `${code} ${message}`;
  }
}

test("a duplicate is given, which never blocks; the descriptor itself goes to no program", () => {
  const { calls, log } = scene({});
  expect(adoptSocket(calls, 3)).toBe(7);
  expect(log).toEqual(["3 is kept from others", "7 does not block"]);
});

test("one that is only bound will do", () => {
  expect(adopted({ listens: false })).toBe(7);
  expect(adopted({ listens: false, local: { kind: "unix", path: "/s" } })).toBe(7);
});

test.each([
  [{ type: -9 }, "EBADF Bad file descriptor"],
  [{ type: SOCK_DGRAM }, "EPROTOTYPE not a stream socket"],
  [{ family: 16 }, "EPROTOTYPE not a stream socket"],
  [
    { listens: false, remote: { kind: "tcp", host: "127.0.0.1", port: 9 } },
    "EISCONN a connection, not a listening socket",
  ],
  [{ listens: false, local: null }, "EINVAL a socket without an address"],
  [{ listens: false, local: { kind: "tcp", host: "0.0.0.0", port: 0 } }, "EINVAL a socket without an address"],
  [{ listens: false, local: { kind: "unix", path: "" } }, "EINVAL a socket without an address"],
  [{ duplicate: -24 }, "EMFILE Too many open files"],
] as const)("%j: %s", (changed, expected) => expect(adopted(changed)).toBe(expected));

test("a duplicate that cannot be made fit is closed", () => {
  const { calls, log } = scene({ nonBlocking: -1 });
  expect(() => adoptSocket(calls, 3)).toThrow("Operation not permitted");
  expect(log.at(-1)).toBe("7 closed");
});

/** Whether a socket bound to `host` may serve as one with `v6only`. */
function fits(host: string, isV6only: boolean, v6only: boolean | null): boolean {
  const { calls } = scene({ local: { kind: "tcp", host, port: 80 }, isV6only });
  const options: ListenOptions = { ...listenDefaults, address: { kind: "fd", fd: 3 }, v6only };
  try {
    checkFamily(calls, 3, options);
    return true;
  } catch (error) {
    expect((error as Error).message).toBe(
      `bound without '${v6only === true ? "v6only" : "v4v6"}' by whoever opened it`,
    );
    return false;
  }
}

test("on every IPv6 address it has been decided whether IPv4 comes too, elsewhere there is nothing to decide", () => {
  expect([fits("::", false, true), fits("::", true, false)]).toEqual([false, false]);
  expect([fits("::", true, true), fits("::", false, false), fits("::", true, null)]).toEqual([true, true, true]);
  expect([fits("::1", false, true), fits("0.0.0.0", false, true)]).toEqual([true, true]);
});
