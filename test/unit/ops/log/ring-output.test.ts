/** Lines to the servers of a ring: framing, order, what gives way, and a connection that comes again. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { openRing } from "../../../../src/ops/log/ring-output.ts";
import type { RingPlan } from "../../../../src/plan/log.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Takes bytes, and closes the first connection when told to. */
class Sink implements AsyncDisposable {
  text = "";
  readonly sockets: Socket[] = [];
  #wake: (() => void)[] = [];
  readonly #server: Server = createServer((socket) => {
    this.sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.text += data.toString();
      for (const wake of this.#wake.splice(0)) wake();
    });
  });

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async until(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function ring(port: number, more: Partial<RingPlan> = {}, countsOctets = false): RingPlan {
  const address = { kind: "tcp", host: "127.0.0.1", isName: false, family: 4, port, portOffset: 0 } as const;
  const servers = [{ name: "s", address, countsOctets }];
  return { name: "r", sizeBytes: 16_384, connectMs: 1000, serverMs: 1000, servers, ...more };
}

const line = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`);
const quiet = (): void => {};

test("lines end with a line feed, or begin with their length", async () => {
  for (const [counts, expected] of [
    [false, "one\ntwo ü\n"],
    [true, "3 one6 two ü"],
  ] as const) {
    await using sink = new Sink();
    const output = openRing(ring(await sink.listen(), {}, counts), quiet);
    output.write(line("one"));
    output.write(line("two ü"));
    await sink.until("ü");
    await output.flushed();
    expect(sink.text).toContain(expected);
    output.close();
  }
});

test("what waits is bounded, the oldest gives way and is counted, and the rest comes once the server is there", async () => {
  await using probe = new Sink();
  const port = await probe.listen();
  await probe[Symbol.asyncDispose]();
  const failed: string[] = [];
  const output = openRing(ring(port, { sizeBytes: 40 }), (name) => failed.push(name));
  for (let at = 0; at < 10; at++) output.write(line(`line ${at} ..`));
  expect(output.dropped).toBe(6);
  await using sink = new Sink();
  await sink.listen(port);
  await sink.until("line 9");
  expect(sink.text).toBe("line 6 ..\nline 7 ..\nline 8 ..\nline 9 ..\n");
  output.close();
});

test("after a lost connection later lines come on another one", async () => {
  await using sink = new Sink();
  const output = openRing(ring(await sink.listen()), quiet);
  output.write(line("first"));
  await sink.until("first");
  const [socket] = sink.sockets;
  const gone = new Promise((resolve) => socket?.once("close", resolve));
  socket?.destroy();
  await gone;
  // Until the loss is seen a line may still go into it.
  for (let at = 0; sink.sockets.length < 2; at++) {
    output.write(line(`later ${at}`));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  output.write(line("last"));
  await sink.until("last");
  expect(sink.sockets.length).toBe(2);
  output.close();
});
