/** A unix socket's peer that closes ends both directions at once, which is no reset. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transport } from "../../../transport.ts";
import type { ConnectOptions, Relayed } from "../../../../src/net/transport.ts";
import { bindPlan } from "../../proxy/plans.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const limits = {
  clientMs: 0,
  serverMs: 0,
  tunnelMs: 0,
  clientFinMs: 0,
  serverFinMs: 0,
  splice: { request: false, response: false },
  clientIndependent: false,
  serverIndependent: false,
  clientNoLinger: false,
  serverNoLinger: false,
};

/** Relays a unix client to a server, and resolves to how it ended. */
async function relayed(serve: (socket: Socket) => void, client: (socket: Socket) => void): Promise<Relayed> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-"));
  const path = join(folder, "listener");
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const options = {
    address: { kind: "tcp", host: "127.0.0.1", port },
    source: null,
    interface: null,
    transparent: false,
    keepAlive: null,
    buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    userTimeoutMs: null,
    fastOpen: false,
    congestion: null,
    quickAck: true,
    mark: null,
    timeoutMs: 1000,
  } satisfies ConnectOptions;
  const { promise, resolve } = Promise.withResolvers<Relayed>();
  const listener = await transport.listen(bindPlan({ address: { kind: "unix", path } }), (accepted) => {
    void transport
      .connect(options)
      .done.then((connection) => transport.relay(accepted, connection, limits).ended.then(resolve));
  });
  client(connect(path));
  const end = await promise;
  listener.close();
  server.close();
  rmSync(folder, { recursive: true });
  return end;
}

/** Closes for good as soon as it has `text`. */
function closingAfter(text: string): (socket: Socket) => void {
  return (socket) => {
    let received = "";
    socket.on("data", (bytes) => {
      received += bytes.toString();
      if (received === text) socket.destroy();
    });
    socket.write("q");
  };
}

test("clean when it has all", async () => {
  const end = await relayed((socket) => socket.pipe(socket), closingAfter("q"));
  expect(end).toEqual({ by: "client", how: "fin", bytesIn: 1, bytesOut: 1 });
});

test("a reset when the server has more to say", async () => {
  const end = await relayed((socket) => {
    socket.on("data", () => socket.write("some"));
    socket.on("end", () => socket.end("more"));
  }, closingAfter("some"));
  expect({ by: end.by, how: end.how }).toEqual({ by: "client", how: "reset" });
});
