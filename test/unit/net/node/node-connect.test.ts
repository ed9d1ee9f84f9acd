/** An attempt to connect by node:net that ends before there is a socket: refused or given up, and told in a later turn. */
import { expect, test } from "bun:test";
import { nodeConnect, nodeProbe } from "../../../../src/net/node/node-connect.ts";
import type { ConnectOptions } from "../../../../src/net/transport.ts";
import { connectDefaults } from "../../../contract/stage.ts";

const options: ConnectOptions = {
  ...connectDefaults,
  address: { kind: "unix", path: "/nosuch/fairlead/socket" },
  timeoutMs: 0,
};

test("what only libc can is refused, though not before whoever asks can listen", async () => {
  const heard: string[] = [];
  const connecting = nodeConnect({ ...options, mark: 1 });
  connecting.whenDone({ connected: () => heard.push("connected"), refused: ({ code }) => heard.push(code) });
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard).toEqual(["ENOPROTOOPT"]);
});

test("one that was given up has ended, and ends once", async () => {
  const connecting = nodeConnect(options);
  connecting.cancel();
  connecting.cancel();
  expect(await connecting.done.catch((error: unknown) => error)).toMatchObject({
    code: "ECANCELED",
    message: "Operation canceled",
  });
});

test("a probe tells why not", async () => {
  const failure = await new Promise((resolve) => {
    nodeProbe({ ...options, interface: "lo" }, { probed: resolve });
  });
  expect(failure).toMatchObject({ code: "ENOPROTOOPT" });
});
