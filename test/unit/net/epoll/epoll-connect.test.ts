/** A handshake by what the kernel tells of it: connected, refused, late, or given up; its descriptor is somebody's or closed. */
import { expect, test } from "bun:test";
import { epollConnect, epollProbe } from "../../../../src/net/epoll/epoll-connect.ts";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import type { Watched } from "../../../../src/net/epoll/turn/places.ts";
import type { TurnConnector } from "../../../../src/net/epoll/turn/turn-calls.ts";
import { EPOLLERR, EPOLLHUP, EPOLLOUT } from "../../../../src/net/libc/epoll-calls.ts";
import { ECONNREFUSED } from "../../../../src/net/libc/errno.ts";
import { SO_ERROR } from "../../../../src/net/libc/socket-calls.ts";
import type { ConnectOptions, TransportError } from "../../../../src/net/transport.ts";
import { connectDefaults } from "../../../contract/stage.ts";

const far: ConnectOptions = {
  ...connectDefaults,
  address: { kind: "tcp", host: "192.0.2.1", port: 22 },
  congestion: "reno",
  timeoutMs: 0,
};
const near: ConnectOptions = { ...far, address: { kind: "unix", path: "/s" } };

/** A kernel that answers so, and the log of what becomes of the descriptor. `end`: of the turn in which all this happens. */
function scene({ socket = 5, connect = 0, watch = 3, error = 0, isTurn = false } = {}) {
  const log: string[] = [];
  const waiting: TurnConnector[] = [];
  const watched: Watched[] = [];
  const context = {
    calls: {
      socket: () => socket,
      connect: () => connect,
      setOption: () => 0,
      setTextOption: () => 0,
      getOption: (_fd: number, _level: number, option: number) => (option === SO_ERROR ? error : 0),
      setNoLinger: () => 0,
      close: (fd: number) => log.push(`${fd} closed`),
    },
    loop: {
      ends: {
        connect: (one: TurnConnector) => (isTurn ? void waiting.push(one) : one.connect()),
        close: (fd: number) => log.push(`${fd} closed`),
      },
      enter(one: Watched) {
        watched.push(one);
        return 3;
      },
      register(_fd: number, _events: number, one: Watched) {
        watched.push(one);
        return watch;
      },
      hand: (place: number) => log.push(`${place} handed on`),
      forget: (place: number) => log.push(`${place} forgotten`),
    },
  } as unknown as EpollContext;
  const tells = (events: number): void => watched[0]?.ready(events);
  const end = (): void => waiting.forEach((one) => one.connect());
  /** The same where sockets are opened and watched for all together. */
  const endTogether = (): void =>
    waiting.forEach((one) => {
      if (one.family === null) return one.connect();
      const place = one.opened(socket);
      if (place >= 0) one.go(Math.min(0, watch));
    });
  return { context, log, tells, end, endTogether, waiting };
}

function listened(log: string[]) {
  return {
    connected: () => log.push("connected"),
    refused: ({ code, stage, deadline }: TransportError) => log.push(`${code} ${stage}${deadline ? ", late" : ""}`),
  };
}

test("a socket that can be written is a connection, which keeps its place in the loop", () => {
  const { context, log, tells } = scene();
  const connecting = epollConnect(context, far);
  connecting.whenDone(listened(log));
  expect(log).toEqual([]);
  tells(EPOLLOUT);
  expect(log).toEqual(["3 handed on", "connected"]);
  connecting.cancel();
  expect(log).toHaveLength(2);
});

test.each([
  ["an error is told by its number", { error: ECONNREFUSED }, EPOLLERR | EPOLLOUT, "ECONNREFUSED handshake"],
  ["one without a number is a refusal", {}, EPOLLHUP, "ECONNREFUSED handshake"],
])("%s", (_name, kernel, events, told) => {
  const { context, log, tells } = scene(kernel);
  epollConnect(context, far).whenDone(listened(log));
  tells(events);
  expect(log).toEqual(["3 forgotten", "5 closed", told]);
});

test("a unix socket that was answered and closed at once has an answer to give", () => {
  const { context, log, tells } = scene();
  epollConnect(context, near).whenDone(listened(log));
  tells(EPOLLHUP | EPOLLOUT);
  expect(log).toContain("connected");
});

test("what the kernel says no to at once is told later, with how far it came", async () => {
  const { context, log } = scene({ connect: -101 });
  epollConnect(context, far).whenDone(listened(log));
  expect(log).toEqual(["5 closed"]);
  await Promise.resolve();
  expect(log).toEqual(["5 closed", "ENETUNREACH connect"]);
  const full = scene({ watch: -12 });
  epollConnect(full.context, far).whenDone(listened(full.log));
  await Promise.resolve();
  expect(full.log).toEqual(["5 closed", "ENOMEM handshake"]);
});

test("one that is given up or late ends once, and its descriptor is closed", async () => {
  const { context, log } = scene();
  const connecting = epollConnect(context, far);
  connecting.whenDone(listened(log));
  connecting.cancel();
  connecting.cancel();
  expect(log).toEqual(["3 forgotten", "5 closed", "ECANCELED handshake"]);
  const late = scene();
  await new Promise<void>((resolve) => {
    epollConnect(late.context, { ...far, timeoutMs: 1 }).whenDone({
      connected: () => resolve(),
      refused(error) {
        listened(late.log).refused(error);
        resolve();
      },
    });
  });
  expect(late.log.at(-1)).toBe("ETIMEDOUT handshake, late");
});

test("a probe keeps nothing, and tells once", async () => {
  const { context, log, tells } = scene();
  const probing = epollProbe(context, far, { probed: (failure) => log.push(failure?.code ?? "there") });
  tells(EPOLLOUT);
  probing.cancel();
  expect(log).toEqual(["3 forgotten", "5 closed", "there"]);
  const refused = scene({ connect: -111 });
  epollProbe(refused.context, far, { probed: (failure) => refused.log.push(failure?.code ?? "there") });
  expect(refused.log).toEqual(["5 closed"]);
  await Promise.resolve();
  expect(refused.log).toEqual(["5 closed", "ECONNREFUSED"]);
});

test("in a turn the handshake goes out at its end, and a failure is told behind it", async () => {
  const { context, log, tells, end } = scene({ isTurn: true });
  epollConnect(context, far).whenDone(listened(log));
  end();
  expect(log).toEqual([]);
  tells(EPOLLOUT);
  expect(log).toEqual(["3 handed on", "connected"]);
  for (const [kernel, closed, told] of [
    [{ socket: -24 }, [], "EMFILE socket"],
    [{ connect: -101 }, ["5 closed"], "ENETUNREACH connect"],
    [{ watch: -12 }, ["5 closed"], "ENOMEM handshake"],
  ] as const) {
    const refused = scene({ ...kernel, isTurn: true });
    epollConnect(refused.context, far).whenDone(listened(refused.log));
    expect(refused.log).toEqual([]);
    refused.end();
    expect(refused.log).toEqual([...closed]);
    await Promise.resolve();
    expect(refused.log).toEqual([...closed, told]);
  }
});

test("one that is given up or late before the turn's end is never begun, and one that has failed there fails once", async () => {
  const { context, log, end } = scene({ isTurn: true, socket: -24 });
  const connecting = epollConnect(context, far);
  connecting.whenDone(listened(log));
  connecting.cancel();
  end();
  expect(log).toEqual(["ECANCELED handshake"]);
  const late = scene({ isTurn: true });
  await new Promise<void>((resolve) => {
    epollConnect(late.context, { ...far, timeoutMs: 1 }).whenDone({ connected: () => {}, refused: () => resolve() });
  });
  late.end();
  expect(late.log).toEqual([]);
  const failed = scene({ isTurn: true, connect: -101 });
  const failing = epollConnect(failed.context, far);
  failing.whenDone(listened(failed.log));
  failed.end();
  failing.cancel();
  await Promise.resolve();
  expect(failed.log).toEqual(["5 closed", "ECANCELED handshake"]);
  const probed = scene({ isTurn: true, connect: -111 });
  epollProbe(probed.context, far, { probed: (failure) => probed.log.push(failure?.code ?? "there") });
  probed.end();
  await Promise.resolve();
  expect(probed.log).toEqual(["5 closed", "ECONNREFUSED"]);
});

test("where sockets are opened for all together it is told the same", async () => {
  const { context, log, tells, endTogether } = scene({ isTurn: true });
  epollConnect(context, far).whenDone(listened(log));
  endTogether();
  expect(log).toEqual([]);
  tells(EPOLLOUT);
  expect(log).toEqual(["3 handed on", "connected"]);
  for (const [kernel, closed, told] of [
    [{ socket: -24 }, [], "EMFILE socket"],
    [{ connect: -101 }, ["3 forgotten", "5 closed"], "ENETUNREACH connect"],
    [{ watch: -12 }, ["3 forgotten", "5 closed"], "ENOMEM handshake"],
  ] as const) {
    const refused = scene({ ...kernel, isTurn: true });
    epollConnect(refused.context, far).whenDone(listened(refused.log));
    refused.endTogether();
    expect(refused.log).toEqual([...closed]);
    await Promise.resolve();
    expect(refused.log).toEqual([...closed, told]);
  }
  const given = scene({ isTurn: true });
  const connecting = epollConnect(given.context, far);
  connecting.whenDone(listened(given.log));
  connecting.cancel();
  given.endTogether();
  expect(given.log).toEqual(["ECANCELED handshake"]);
});

test("only sockets of TCP are opened for it, and whoever has something to send at once, or only looks, delays its ACK", () => {
  const { context, waiting } = scene({ isTurn: true });
  const six = { ...far, address: { kind: "tcp", host: "2001:db8::1", port: 22 } } as const;
  for (const options of [far, six, near, { ...far, quickAck: false }, { ...near, quickAck: false }])
    epollConnect(context, options);
  for (const options of [far, near]) epollProbe(context, options, { probed: () => undefined });
  expect(waiting.map(({ family, delaysAck }) => [family, delaysAck])).toEqual([
    [2, false],
    [10, false],
    [null, false],
    [2, true],
    [null, false],
    [2, true],
    [null, false],
  ]);
});
