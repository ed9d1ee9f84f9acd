/** Socket calls: addresses there and back, and failures as numbers. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  familyOf,
  SO_REUSEADDR,
  SOCK_STREAM,
  socketCalls,
  SOL_SOCKET,
} from "../../../../src/net/libc/socket-calls.ts";
import type { SocketAddress } from "../../../../src/address.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const calls = socketCalls();

test.if(calls !== null)("addresses come back from the kernel as they were given", () => {
  const folder = mkdtempSync("/tmp/fairlead-unit-");
  const addresses: SocketAddress[] = [
    { kind: "tcp", host: "127.0.0.9", port: 0 },
    { kind: "tcp", host: "::1", port: 0 },
    { kind: "tcp", host: "::", port: 0 },
    { kind: "unix", path: join(folder, "s") },
    { kind: "abstract", name: `fairlead-unit-${process.pid}` },
  ];
  for (const address of addresses) {
    const fd = calls!.socket(familyOf(address), SOCK_STREAM);
    expect([familyOf(address), calls!.bind(fd, address)]).toEqual([
      address.kind !== "tcp" ? AF_UNIX : address.host.includes(":") ? AF_INET6 : AF_INET,
      0,
    ]);
    const bound = calls!.localAddress(fd);
    expect(bound?.kind === "tcp" ? { ...bound, port: 0 } : bound).toEqual(address);
    calls!.close(fd);
  }
  rmSync(folder, { recursive: true });
});

test.if(calls !== null)("an IPv4 address on an IPv6 socket is told as IPv4, and what is no address is refused", () => {
  const fd = calls!.socket(AF_INET6, SOCK_STREAM);
  expect(calls!.bind(fd, { kind: "tcp", host: "::ffff:127.0.0.9", port: 0 })).toBe(0);
  expect(calls!.localAddress(fd)).toMatchObject({ host: "127.0.0.9" });
  for (const host of ["localhost", "127.1", "::g"])
    expect(() => calls!.bind(fd, { kind: "tcp", host, port: 0 })).toThrow("Invalid argument");
  calls!.close(fd);
});

test.if(calls !== null)("failures are negative errnos, names too long an error", () => {
  const fd = calls!.socket(AF_INET, SOCK_STREAM);
  expect(calls!.bind(fd, { kind: "tcp", host: "192.0.2.9", port: 0 })).toBe(-99);
  expect(calls!.remoteAddress(fd)).toBeNull();
  expect([calls!.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1), calls!.getOption(fd, SOL_SOCKET, SO_REUSEADDR)]).toEqual([
    0, 1,
  ]);
  expect(() => calls!.bind(fd, { kind: "unix", path: "x".repeat(200) })).toThrow("File name too long");
  calls!.close(fd);
  expect([calls!.close(fd), calls!.duplicate(-1)]).toEqual([-9, -9]);
});
