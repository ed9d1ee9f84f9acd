/** SO_RCVLOWAT as the kernel takes it: on an open receive buffer, on one that the file has fixed, and on sockets that have none. */
import { expect, test } from "bun:test";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { AF_INET, SO_RCVBUF, SOCK_STREAM, socketCalls, SOL_SOCKET } from "../../../../src/net/libc/socket-calls.ts";
import { lowerMark, raiseMark } from "../../../../src/net/libc/low-water.ts";

const SO_RCVLOWAT = 18;
const SO_BUF_LOCK = 72;
const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: low-water marks need Linux and FFI");

/** What comes of a mark of `wanted` bytes on a TCP socket whose receive buffer is fixed to `buffer`; 0: not fixed. */
function raised(wanted: number, buffer: number, isOld = false): { isRaised: boolean; mark: number; lowered: number } {
  const calls = socketCalls();
  if (calls === null) throw new Error("libc cannot be called");
  const fd = calls.socket(AF_INET, SOCK_STREAM);
  try {
    if (buffer > 0) calls.setOption(fd, SOL_SOCKET, SO_RCVBUF, buffer);
    const asked = {
      ...calls,
      getOption: (of: number, level: number, option: number) =>
        isOld && option === SO_BUF_LOCK ? -92 : calls.getOption(of, level, option),
    };
    const isRaised = raiseMark(asked, fd, wanted);
    const mark = calls.getOption(fd, SOL_SOCKET, SO_RCVLOWAT);
    lowerMark(calls, fd);
    return { isRaised, mark, lowered: calls.getOption(fd, SOL_SOCKET, SO_RCVLOWAT) };
  } finally {
    calls.close(fd);
  }
}

test.skipIf(!isPossible).each([false, true])("an open buffer grows with the mark (old kernel: %p)", (isOld) => {
  expect(raised(512 << 10, 0, isOld)).toEqual({ isRaised: true, mark: 512 << 10, lowered: 1 });
});

test.skipIf(!isPossible).each([false, true])("a fixed buffer has a mark of half its window (old: %p)", (isOld) => {
  expect(raised(512 << 10, 192 << 10, isOld)).toEqual({ isRaised: true, mark: 96 << 10, lowered: 1 });
  expect(raised(192 << 10, 192 << 10, isOld)).toEqual({ isRaised: true, mark: 96 << 10, lowered: 1 });
  expect(raised(64 << 10, 192 << 10, isOld)).toEqual({ isRaised: true, mark: 64 << 10, lowered: 1 });
});

test.skipIf(!isPossible).each([false, true])("a small one has none (old: %p)", (isOld) => {
  expect(raised(512 << 10, 64 << 10, isOld)).toEqual({ isRaised: false, mark: 1, lowered: 1 });
});

test.skipIf(!isPossible)("a unix socket, and none, have no mark", () => {
  const calls = socketCalls();
  const pair = calls?.pair(SOCK_STREAM);
  if (calls === null || typeof pair !== "object") throw new Error("no pair");
  expect([raiseMark(calls, pair[0], 512 << 10), raiseMark(calls, -1, 512 << 10)]).toEqual([false, false]);
  for (const fd of pair) calls.close(fd);
});
