/** SO_RCVLOWAT: how much has to be there before epoll tells of it. An end is told at once, whatever the mark. */
import { AF_UNIX, SO_DOMAIN, SO_RCVBUF, SOL_SOCKET, type SocketCalls } from "./socket-calls.ts";

const SO_RCVLOWAT = 18;
const SO_BUF_LOCK = 72;
/** Of SO_BUF_LOCK: somebody has set SO_RCVBUF. */
const receiveLock = 2;
/** Below this a mark spares little. */
const leastMark = 64 * 1024;

type OptionCalls = Pick<SocketCalls, "setOption" | "getOption">;

/**
 * Sets a mark of so many bytes; false, with none set, where that is of no use. The kernel makes the receive buffer large enough for it, for good.
 *
 * A buffer that somebody has fixed it leaves as it is, with a window of half of it at most: the mark is then half of that, for a
 * sender that has to wait for the last byte of its window to be seen would stand still in between.
 */
export function raiseMark(calls: OptionCalls, fd: number, bytes: number): boolean {
  if (calls.getOption(fd, SOL_SOCKET, SO_DOMAIN) === AF_UNIX) return false;
  const before = calls.getOption(fd, SOL_SOCKET, SO_RCVBUF);
  if (calls.setOption(fd, SOL_SOCKET, SO_RCVLOWAT, bytes) < 0) return false;
  const room = calls.getOption(fd, SOL_SOCKET, SO_RCVBUF);
  if (room >= 4 * bytes) return true;
  const lock = calls.getOption(fd, SOL_SOCKET, SO_BUF_LOCK);
  // Kernels before 5.14 do not tell.
  const isFixed = lock >= 0 ? (lock & receiveLock) !== 0 : room === before;
  if (!isFixed) return true;
  const mark = Math.floor(room / 4);
  if (mark >= leastMark && calls.setOption(fd, SOL_SOCKET, SO_RCVLOWAT, mark) === 0) return true;
  lowerMark(calls, fd);
  return false;
}

/** Epoll tells of every byte again, and at once of those that are there. */
export function lowerMark(calls: OptionCalls, fd: number): void {
  calls.setOption(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
}
