import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
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
import {
  descriptorLimits,
  openDatagramSocket,
  openDescriptorCount,
  sendSyslogDatagram,
} from "../../../../src/net/libc/process-calls.ts";
import { errnoOf, errorText, systemError, thrownError } from "../../../../src/net/system-error.ts";
import type { SocketAddress } from "../../../../src/address.ts";
import { placeSocketFile, temporaryPath } from "../../../../src/net/listen/socket-file.ts";

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

test.if(calls !== null)("datagrams: a missing receiver is told, limits are numbers", () => {
  expect(sendSyslogDatagram("/nosuch/log", new Uint8Array(1))).toBe(2);
  expect(() => openDatagramSocket("/nosuch/log")).toThrow("No such file or directory");
  const limits = descriptorLimits();
  expect(limits!.soft).toBeLessThanOrEqual(limits!.hard);
  expect(openDescriptorCount()).toBeLessThanOrEqual(limits!.soft);
});

test("errors carry the system's name and libc's words", () => {
  const busy = systemError(98);
  expect([busy.code, busy.message, busy.deadline]).toEqual(["EADDRINUSE", "Address already in use", false]);
  expect(systemError(1, "SO_MARK").message).toBe("SO_MARK: Operation not permitted");
  expect([thrownError(busy, "X"), thrownError({}, "EINVAL").message]).toEqual([busy, "Invalid argument"]);
  expect([errorText("EWHATEVER"), errnoOf(busy), errnoOf(new Error("?"))]).toEqual(["EWHATEVER", 98, 22]);
});

test("a socket file is put in place whole, and removed only while it is ours", () => {
  const folder = mkdtempSync("/tmp/fairlead-unit-");
  const path = join(folder, "s");
  const place = (text: string) => {
    const temporary = temporaryPath(path);
    writeFileSync(temporary, text);
    return placeSocketFile(temporary, path, { mode: 0o600, uid: null, gid: null });
  };
  const first = place("first");
  const second = place("second");
  first.remove();
  expect([existsSync(path), statSync(path).mode & 0o777]).toEqual([true, 0o600]);
  second.remove();
  second.remove();
  expect(existsSync(path)).toBe(false);
  rmSync(folder, { recursive: true });
});
