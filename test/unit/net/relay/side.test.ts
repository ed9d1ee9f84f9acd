/** A side of a relay shows what comes to those taps that have not seen enough. */
import { expect, test } from "bun:test";
import { beginSide } from "../../../../src/net/relay/side.ts";
import type { Stream, Tap } from "../../../../src/net/transport.ts";

const stream = {} as Stream;
const bytes = new Uint8Array(1);

/** A tap that wants to see so many chunks of each direction. */
function tap(name: string, client: number, server: number, log: string[]): Tap {
  const left = { client, server };
  return {
    fromClient() {
      log.push(`${name} sees the client`);
      return --left.client > 0;
    },
    fromServer() {
      log.push(`${name} sees the server`);
      return --left.server > 0;
    },
  };
}

test("where nobody looks nothing is shown", () => {
  expect([beginSide("client", stream, 0, undefined).tap, beginSide("client", stream, 0, []).tap]).toEqual([null, null]);
});

test("each tap sees its direction until it has seen enough, and the last one ends it", () => {
  const log: string[] = [];
  const taps = [tap("a", 2, 1, log), tap("b", 1, 9, log)];
  const [client, server] = [beginSide("client", stream, 0, taps), beginSide("server", stream, 0, taps)];
  expect([client.tap?.(bytes), client.tap?.(bytes)]).toEqual([true, false]);
  expect(log.splice(0)).toEqual(["a sees the client", "b sees the client", "a sees the client"]);
  expect([server.tap?.(bytes), server.tap?.(bytes)]).toEqual([true, true]);
  expect(log).toEqual(["a sees the server", "b sees the server", "b sees the server"]);
});

test("its limits run from when it begins, and it is read", () => {
  const { heardAt, toldAt, reading, writing, shut, ended, bytes: count } = beginSide("server", stream, 7, undefined);
  expect({ heardAt, toldAt, reading, writing, shut, ended, count }).toEqual({
    heardAt: 7,
    toldAt: 7,
    reading: true,
    writing: false,
    shut: false,
    ended: false,
    count: 0,
  });
});
