/** A listener that takes other options without giving its socket up. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { transport } from "../../../transport.ts";
import {
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SOL_SOCKET,
  socketCalls,
  TCP_QUICKACK,
} from "../../../../src/net/libc/socket-calls.ts";
import type { Connection, ListenOptions } from "../../../../src/net/transport.ts";
import { bindPlan } from "../../proxy/plans.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const calls = socketCalls();
if (calls === null) console.warn("SKIPPED: a listener changes by libc only");

test.skipIf(calls === null)("keepalive and buffers change for the connections that come later", async () => {
  const accepted: ((client: Connection) => void)[] = [];
  const listener = await transport.listen(
    { ...(bindPlan() as ListenOptions), buffers: { receiveBytes: 20_000, sendBytes: 0, unsentBytes: 0 } },
    (client) => accepted.shift()?.(client),
  );
  const { address } = listener;
  const options = async (): Promise<unknown[]> => {
    const socket = connect(address.kind === "tcp" ? address.port : 0, "127.0.0.1");
    const client = await new Promise<Connection>((resolve) => accepted.push(resolve));
    // The kernel tells twice what was asked for: it counts its own needs in.
    const found = [SO_KEEPALIVE, SO_RCVBUF].map((option) => calls?.getOption(client.fd, SOL_SOCKET, option));
    client.reset();
    socket.on("error", () => {});
    return found;
  };
  expect(await options()).toEqual([0, 40_000]);
  listener.change?.({
    backlog: 16,
    keepAlive: { idleSeconds: 7, intervalSeconds: null, count: null },
    buffers: { receiveBytes: 30_000, sendBytes: 0, unsentBytes: 0 },
    quickAck: false,
  });
  expect(await options()).toEqual([1, 60_000]);
  expect(calls?.getOption(listener.fd, IPPROTO_TCP, TCP_QUICKACK)).toBe(0);
  listener.close();
});
