/** A listener that takes other options without giving its socket up. */
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { transport } from "../../transport.ts";
import { SO_KEEPALIVE, SOL_SOCKET, socketCalls } from "../../../src/net/libc-socket.ts";
import type { Connection, ListenOptions } from "../../../src/net/transport.ts";
import { bindPlan } from "../proxy/plans.ts";

const calls = socketCalls();
if (calls === null) console.warn("SKIPPED: a listener changes by libc only");

test.skipIf(calls === null)("keepalive changes for the connections that come later", async () => {
  const accepted: ((client: Connection) => void)[] = [];
  const listener = await transport.listen(bindPlan() as ListenOptions, (client) => accepted.shift()?.(client));
  const { address } = listener;
  const keepsAlive = async (): Promise<boolean> => {
    const socket = connect(address.kind === "tcp" ? address.port : 0, "127.0.0.1");
    const client = await new Promise<Connection>((resolve) => accepted.push(resolve));
    const option = calls?.getOption(client.fd, SOL_SOCKET, SO_KEEPALIVE);
    client.reset();
    socket.on("error", () => {});
    return option === 1;
  };
  expect(await keepsAlive()).toBe(false);
  listener.change?.({ backlog: 16, keepAlive: { idleSeconds: 7, intervalSeconds: null, count: null } });
  expect(await keepsAlive()).toBe(true);
  listener.close();
});
