/** What is asked of a socket, in which order, and that none is left open where the kernel does not grant what was asked for. */
import { expect, test } from "bun:test";
import { hideEnd, openListeningSocket, openSocket, setBuffers } from "../../../../src/net/epoll/socket-options.ts";
import {
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  IPV6_TRANSPARENT,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TRANSPARENT,
  IP_TTL,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SO_KEEPALIVE,
  SO_MARK,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  TCP_CONGESTION,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NOTSENT_LOWAT,
  TCP_QUICKACK,
  TCP_REPAIR,
  TCP_USER_TIMEOUT,
  type SocketCalls,
} from "../../../../src/net/libc/socket-calls.ts";
import type { ConnectOptions, ListenOptions, TransportError } from "../../../../src/net/transport.ts";
import { connectDefaults, listenDefaults } from "../../../contract/stage.ts";

const names = new Map<string, string>(
  (
    [
      [SOL_SOCKET, { SO_MARK, SO_KEEPALIVE, SO_REUSEADDR, SO_REUSEPORT, SO_SNDBUF, SO_RCVBUF }],
      [IPPROTO_TCP, { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_NOTSENT_LOWAT, TCP_QUICKACK, TCP_REPAIR }],
      [IPPROTO_TCP, { TCP_MAXSEG, TCP_DEFER_ACCEPT, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_USER_TIMEOUT }],
      [SOL_IP, { IP_TRANSPARENT, IP_BIND_ADDRESS_NO_PORT, IP_TTL }],
      [SOL_IPV6, { IPV6_TRANSPARENT, IPV6_V6ONLY, IPV6_UNICAST_HOPS }],
    ] as const
  ).flatMap(([level, options]) =>
    Object.entries(options).map(([name, option]) => [`${level} ${option}`, name] as const),
  ),
);

/** A kernel that refuses what is named, with EPERM, and the log of what it was asked. */
function kernel(...refused: string[]) {
  const log: string[] = [];
  const answer = (what: string, name: string): number => {
    log.push(what);
    return refused.includes(name) ? -1 : 0;
  };
  const calls = {
    socket(family: number) {
      log.push(`socket ${family}`);
      return refused.includes("socket") ? -24 : 5;
    },
    setOption(_fd: number, level: number, option: number, value: number) {
      const name = names.get(`${level} ${option}`) ?? `${level} ${option}`;
      return answer(`${name} ${value}`, name);
    },
    setTextOption: (_fd: number, _level: number, option: number, text: string) =>
      answer(`${option === TCP_CONGESTION ? "cc" : "device"} ${text}`, text),
    getTextOption: () => "reno",
    bind: (_fd: number, address: object) => answer(`bind ${Object.values(address).join(" ")}`, "bind"),
    listen: (_fd: number, backlog: number) => answer(`listen ${backlog}`, "listen"),
    close: (fd: number) => answer(`close ${fd}`, "close"),
  } as unknown as SocketCalls;
  return { calls, log };
}

const far = { kind: "tcp", host: "192.0.2.1", port: 22 } as const;

function opened(options: Partial<ConnectOptions>, ...refused: string[]): string[] {
  const { calls, log } = kernel(...refused);
  try {
    openSocket(calls, { ...connectDefaults, address: far, congestion: "reno", ...options });
  } catch (error) {
    const { code, message, stage } = error as TransportError;
    log.push(`${code} ${message} (${stage})`);
  }
  return log;
}

test("a connection that asks for nothing costs no call but its own", () => {
  expect(opened({})).toEqual([`socket ${AF_INET}`, "cc reno"]);
  expect(opened({ address: { kind: "unix", path: "/s" }, mark: 1 })).toEqual([`socket ${AF_UNIX}`]);
});

test("what was asked for is set before the source is bound", () => {
  const options = {
    mark: 9,
    interface: "eth1",
    transparent: true,
    userTimeoutMs: 70,
    fastOpen: true,
    quickAck: false,
    keepAlive: { idleSeconds: 1, intervalSeconds: null, count: 3 },
    source: { host: "192.0.2.9", port: 0 },
    buffers: { receiveBytes: 10, sendBytes: 20, unsentBytes: 30 },
  };
  expect(opened(options).slice(1)).toEqual([
    "TCP_NOTSENT_LOWAT 30",
    "SO_SNDBUF 20",
    "SO_RCVBUF 10",
    "SO_MARK 9",
    "device eth1",
    "IP_TRANSPARENT 1",
    "TCP_USER_TIMEOUT 70",
    "TCP_FASTOPEN_CONNECT 1",
    "cc reno",
    "SO_KEEPALIVE 1",
    "TCP_KEEPIDLE 1",
    "TCP_KEEPCNT 3",
    "IP_BIND_ADDRESS_NO_PORT 1",
    "bind tcp 192.0.2.9 0",
  ]);
  expect(opened({ source: { host: "192.0.2.9", port: 7 } }).slice(-2)).toEqual([
    "SO_REUSEADDR 1",
    "bind tcp 192.0.2.9 7",
  ]);
});

test.each([
  [{}, "socket", "EMFILE Too many open files (socket)"],
  [{ mark: 1 }, "SO_MARK", "EPERM SO_MARK: Operation not permitted (handshake)"],
  [{ congestion: "bbr" }, "bbr", "EPERM cc bbr: Operation not permitted (handshake)"],
  [{ source: { host: "192.0.2.9", port: 0 } }, "bind", "EPERM Operation not permitted (source)"],
])("%j, where the kernel refuses %s", (options, refused, told) => {
  const log = opened(options, refused);
  expect(log.at(-1)).toBe(told);
  expect(log.includes("close 5")).toBe(refused !== "socket");
});

test("an IPv6 socket that takes IPv4 is transparent for both, unless the first is refused", () => {
  const address = { kind: "tcp", host: "2001:db8::1", port: 22 } as const;
  expect(opened({ address, transparent: true }).slice(1, 3)).toEqual(["IPV6_TRANSPARENT 1", "IP_TRANSPARENT 1"]);
  expect(opened({ address, transparent: true }, "IPV6_TRANSPARENT").slice(1)).toEqual([
    "IPV6_TRANSPARENT 1",
    "close 5",
    "EPERM IP_TRANSPARENT: Operation not permitted (handshake)",
  ]);
});

function listening(options: Partial<ListenOptions>, ...refused: string[]): string[] {
  const { calls, log } = kernel(...refused);
  const temporary = options.address?.kind === "unix" ? "/s.tmp" : null;
  try {
    openListeningSocket(calls, { ...listenDefaults, address: far, congestion: "reno", ...options }, temporary);
  } catch (error) {
    log.push((error as TransportError).message);
  }
  return log;
}

test("a listener's options are set before it is bound, and it listens", () => {
  const address = { kind: "tcp", host: "::", port: 22 } as const;
  const options = { address, v6only: false, mss: 900, deferAccept: true, fastOpen: true, backlog: 12 };
  expect(listening(options).slice(1)).toEqual([
    "SO_REUSEADDR 1",
    "SO_REUSEPORT 1",
    "IPV6_V6ONLY 0",
    "TCP_MAXSEG 900",
    "cc reno",
    "TCP_DEFER_ACCEPT 1",
    "TCP_FASTOPEN 12",
    "bind tcp :: 22",
    "listen 12",
  ]);
  expect(listening({ sharesPort: false }).slice(1, 3)).toEqual(["SO_REUSEADDR 1", "cc reno"]);
});

test("nothing named is every IPv4 address; a unix socket is bound where its file is not yet looked for", () => {
  expect(listening({ address: { kind: "tcp", host: "*", port: 1 } })).toContain("bind tcp 0.0.0.0 1");
  expect(listening({ address: { kind: "unix", path: "/s" } }).slice(1)).toEqual(["bind unix /s.tmp", "listen 4096"]);
});

test("a listener that cannot be bound is closed", () => {
  expect(listening({}, "bind").slice(-2)).toEqual(["close 5", "Operation not permitted"]);
  expect(listening({ v6only: true, address: { kind: "tcp", host: "::", port: 1 } }, "IPV6_V6ONLY").at(-1)).toBe(
    "IPV6_V6ONLY: Operation not permitted",
  );
});

test("buffers of 0 are the system's", () => {
  const { calls, log } = kernel();
  setBuffers(calls, 5, { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 });
  expect(log).toEqual([]);
});

test("an end is silent, or near where it cannot be", () => {
  const [may, mayNot] = [kernel(), kernel("TCP_REPAIR")];
  expect([hideEnd(may.calls, 5), may.log]).toEqual([true, ["TCP_REPAIR 1"]]);
  expect([hideEnd(mayNot.calls, 5), mayNot.log]).toEqual([false, ["TCP_REPAIR 1", "IP_TTL 1", "IPV6_UNICAST_HOPS 1"]]);
});
