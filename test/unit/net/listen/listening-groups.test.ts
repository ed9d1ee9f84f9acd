/** New clients go to a socket of the group that stays, or to none: by what the kernel shows of other processes' sockets. */
import { closeSync, openSync, rmSync } from "node:fs";
import { afterEach, expect, test } from "bun:test";
import type { SocketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { ListeningGroups, type Member } from "../../../../src/net/listen/listening-groups.ts";

const address = { kind: "tcp", host: "127.0.0.1", port: 4000 } as const;
const open: number[] = [];

afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

/** As sock_diag(7) answers: IPv4 sockets at the address, each with one of these inodes. */
function answer(inodes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(inodes.length * 88 + 16);
  const view = new DataView(bytes.buffer);
  for (const [index, inode] of inodes.entries()) {
    const at = index * 88;
    view.setUint32(at, 88, true);
    view.setUint16(at + 4, 20, true);
    bytes[at + 16] = 2;
    view.setUint16(at + 20, address.port);
    bytes.set([127, 0, 0, 1], at + 24);
    view.setUint32(at + 84, inode, true);
  }
  view.setUint32(inodes.length * 88, 16, true);
  view.setUint16(inodes.length * 88 + 4, 3, true);
  return bytes;
}

/** A group of ours with so many sockets; `others`: those of other processes, null where the kernel does not tell. */
function scene(ours: number, others: number | null) {
  const log: string[] = [];
  const members: Member[] = [];
  const closed = new Set<Member>();
  const shown = Array.from({ length: others ?? 0 }, (_, index) => 1_000_000_000 + index);
  const calls = {
    socket: () => (others === null ? -1 : 99),
    send: () => 1,
    recv(_fd: number, buffer: Uint8Array) {
      const bytes = answer([...members.filter((one) => !closed.has(one)).map(({ inode }) => inode), ...shown]);
      buffer.set(bytes);
      return bytes.length;
    },
    close: () => 0,
    setOption(fd: number, _level: number, _option: number, value: number) {
      if (value > 0) log.push(`${at(fd)} is deaf`);
      return 0;
    },
    steer(fd: number, place: number) {
      log.push(`${at(fd)} sends to ${place}`);
      return 0;
    },
  } as unknown as SocketCalls;
  const groups = new ListeningGroups(calls);
  const at = (fd: number): number => members.findIndex((one) => one.fd === fd);
  for (let count = 0; count < ours; count++) {
    const path = `/tmp/fairlead-group-${process.pid}-${count}`;
    const fd = openSync(path, "w");
    rmSync(path);
    open.push(fd);
    members.push(groups.join(fd, address, null) as Member);
  }
  return { groups, members, closed, log };
}

test("there is a place for whoever comes where one of ours stays", () => {
  const { groups, members, log } = scene(3, 0);
  groups.divert(members[0]!, 0);
  groups.divert(members[0]!, 1);
  groups.divert(members[2]!, 0);
  expect(log).toEqual(["0 sends to 1", "0 sends to 2", "2 sends to 1"]);
  expect(members.map((one) => groups.mayClose(one))).toEqual([false, false, true]);
});

test("others' sockets have most likely come last", () => {
  const { groups, members, log } = scene(1, 2);
  for (const attempt of [0, 1, 2, 3]) groups.divert(members[0]!, attempt);
  expect(log).toEqual(["0 sends to 2", "0 sends to 1", "0 sends to 0", "0 sends to 2"]);
  const beside = scene(2, 1);
  for (const attempt of [0, 1, 2]) beside.groups.divert(beside.members[0]!, attempt);
  expect(beside.log).toEqual(["0 sends to 2", "0 sends to 1", "0 sends to 0"]);
});

test("where nobody stays nobody is reached, and each may close", () => {
  const { groups, members, log } = scene(2, 0);
  groups.divert(members[1]!, 0);
  groups.divert(members[0]!, 0);
  expect(log).toEqual(["1 sends to 0", "0 is deaf", "1 is deaf"]);
  expect(members.map((one) => groups.mayClose(one))).toEqual([true, true]);
});

test("where the kernel does not tell, others are taken to be there", () => {
  const { groups, members, log } = scene(1, null);
  groups.divert(members[0]!, 0);
  expect(log).toEqual(["0 sends to 1"]);
});

test("who has left gives its place to the last", () => {
  const { groups, members, closed, log } = scene(3, 0);
  groups.divert(members[0]!, 0);
  groups.leave(members[0]!);
  closed.add(members[0]!);
  groups.divert(members[1]!, 0);
  expect(log.at(-1)).toBe("1 sends to 0");
});
