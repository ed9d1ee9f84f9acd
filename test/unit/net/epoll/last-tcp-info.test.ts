/** TCP_INFO is asked for while the socket is there; afterwards its last answer stands, and its number is asked no more. */
import { expect, test } from "bun:test";
import { LastTcpInfo } from "../../../../src/net/epoll/last-tcp-info.ts";
import type { SocketCalls } from "../../../../src/net/libc/socket-calls.ts";
import type { TcpInfo } from "../../../../src/tcp-info.ts";

function scene() {
  const asked: number[] = [];
  const socket = { fd: 5, rttUs: 0 as number | null };
  const calls = {
    tcpInfo(fd: number): TcpInfo | null {
      asked.push(fd);
      return socket.rttUs === null ? null : ({ rttUs: socket.rttUs } as TcpInfo);
    },
  } as SocketCalls;
  return { asked, socket, info: new LastTcpInfo(calls, () => socket.fd) };
}

test("each question is asked anew while it is open", () => {
  const { info, socket } = scene();
  socket.rttUs = 10;
  expect(info.ask()?.rttUs).toBe(10);
  socket.rttUs = 20;
  expect(info.ask()?.rttUs).toBe(20);
  socket.rttUs = null;
  expect(info.ask()?.rttUs).toBe(20);
});

test("one that leaves is asked once more, and then never again", () => {
  const { info, socket, asked } = scene();
  socket.rttUs = 30;
  info.leave();
  socket.rttUs = 40;
  expect([info.ask()?.rttUs, asked]).toEqual([30, [5]]);
});

test("a closed socket is not asked", () => {
  const { info, socket, asked } = scene();
  socket.fd = -1;
  expect([info.ask(), asked]).toEqual([null, []]);
});
