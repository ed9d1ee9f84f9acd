/** Asking a stats socket: which one is meant, and what comes of it. */
import { addressText } from "../../../src/address.ts";
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askSocket, type SocketAddress, socketOf, socketPlace } from "../../../src/cli/ask-socket.ts";
import type { StatsSocketPlan } from "../../../src/plan/global.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("a socket is named as -S names it, or by a file", () => {
  expect(socketPlace({ socket: "/run/a b.sock" })).toEqual({
    kind: "socket",
    address: { kind: "unix", path: "/run/a b.sock" },
  });
  expect(socketPlace({ socket: "abns@x" })).toEqual({ kind: "socket", address: { kind: "abstract", name: "x" } });
  const tcp = { kind: "tcp", host: "::1", port: 9999 };
  expect(socketPlace({ socket: "[::1]:9999" })).toEqual({ kind: "socket", address: tcp as SocketAddress });
  for (const wrong of ["fd@3", "x", "/run/s,level,admin", "h:99999"])
    expect(socketPlace({ socket: wrong })).toBe(`'--socket' expects /path, abns@NAME or ADDRESS:PORT, not '${wrong}'`);
  expect(socketPlace({ socket: "/s", file: "f" })).toBe("'--socket' and '-f' say the same; one is enough");
  expect([socketPlace({ file: "f" }), socketPlace({})]).toEqual([
    { kind: "file", file: "f" },
    { kind: "file", file: "" },
  ]);
  const texts = ["/s", "abns@x", "127.0.0.1:1", "[::1]:1"];
  expect(
    texts.map((text) => addressText((socketPlace({ socket: text }) as { address: SocketAddress }).address)),
  ).toEqual(texts);
});

function line(level: string, address: object): StatsSocketPlan {
  return { level, bind: { address } } as unknown as StatsSocketPlan;
}

test("of a file's sockets the first one that gives the level and can be reached is taken", () => {
  const sockets = [
    line("admin", { kind: "fd", fd: 3 }),
    line("operator", { kind: "unix", path: "/o" }),
    line("admin", { kind: "unix", path: "/a" }),
  ];
  expect(socketOf(sockets, "user", "f")).toEqual({ kind: "unix", path: "/o" });
  expect(socketOf(sockets, "admin", "f")).toEqual({ kind: "unix", path: "/a" });
  expect(socketOf(sockets.slice(0, 2), "admin", "f")).toStartWith("f has no 'stats socket' of level admin");
});

test("all that is answered is taken, and what goes wrong is told in words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fl-"));
  const path = join(folder, "s");
  const address = { kind: "unix", path } as const;
  expect(await askSocket(address, "x")).toEqual({ failed: "there is none" });
  let isSilent = false;
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    if (isSilent) socket.resume().end();
    else socket.on("data", (said) => socket.end(`you said ${String(said)}`.repeat(9999)));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  expect(await askSocket(address, "show zurück")).toEqual({ said: "you said show zurück\n".repeat(9999) });
  isSilent = true;
  expect(await askSocket(address, "x")).toEqual({ failed: "it says nothing" });
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});
