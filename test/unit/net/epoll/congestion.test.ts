/** Congestion control that paces is taken from sockets within the machine, and from no others. */
import { expect, test } from "bun:test";
import { isHere, setCongestion, unpace } from "../../../../src/net/epoll/congestion.ts";
import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_STREAM,
  socketCalls,
  TCP_CONGESTION,
} from "../../../../src/net/libc/socket-calls.ts";

const calls = socketCalls();

test.skipIf(calls === null)("a socket that paces does so no more, any other stays as it is", () => {
  if (calls === null) return;
  const controls = ["bbr", "cubic", "reno"].flatMap((name) => {
    const fd = calls.socket(AF_INET, SOCK_STREAM);
    // Not every kernel has all of them.
    const isThere = setCongestion(calls, fd, name) === 0;
    unpace(calls, fd);
    const after = calls.getTextOption(fd, IPPROTO_TCP, TCP_CONGESTION);
    calls.close(fd);
    return isThere ? [`${name} ${after}`] : [];
  });
  expect(controls).toContain("reno reno");
  expect(controls.every((one) => ["bbr reno", "cubic cubic", "reno reno"].includes(one))).toBe(true);
});

test("who is on this machine", () => {
  expect(["127.0.0.1", "127.9.8.7", "::1", "192.0.2.1", "2001:db8::1"].map(isHere)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
