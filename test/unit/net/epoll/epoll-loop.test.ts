/** The epoll within Bun's event loop: nobody is kept from being heard, by faults, by load, or by a lack of descriptors. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { connectDefaults, listenDefaults, noLimits, Stage } from "../../../contract/stage.ts";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { must } from "../../../e2e/harness.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const net = join(import.meta.dir, "../../../../src/net");

/** Runs a program of its own, with the transport in `transport`; what it printed. */
async function program(text: string): Promise<string> {
  const whole = `
    import { openEpollTransport } from "${net}/epoll/epoll-transport.ts";
    import { openEpollLoop, connectionEvents } from "${net}/epoll/epoll-loop.ts";
    import { socketCalls } from "${net}/libc/socket-calls.ts";
    import { descriptorLimits, openDescriptorCount, setDescriptorLimits } from "${net}/libc/process-calls.ts";
    const transport = await openEpollTransport();
    const loop = await openEpollLoop();
    const calls = socketCalls();
    ${text}`;
  return must([process.execPath, "run", "-"], { input: whole });
}

test.skipIf(!isPossible)("a fault of one is told, and the others are heard", async () => {
  const said = await program(`
    const heard = [];
    process.on("uncaughtException", (error) => heard.push(error.message));
    const pairs = [0, 1, 2].map(() => calls.pair(1));
    for (const [at, [one]] of pairs.entries())
      loop.register(one, connectionEvents, { ready(events) {
        if ((events & 1) === 0) return;
        if (at === 0) throw new Error("a fault");
        heard.push(at);
      } });
    await Bun.sleep(5);
    for (const [, other] of pairs) calls.send(other, new Uint8Array(new ArrayBuffer(1)));
    for (let left = 100; left > 0 && heard.length < 3; left--) await Bun.sleep(10);
    console.log(JSON.stringify(heard.sort()));
    process.exit(0);`);
  expect(JSON.parse(said)).toEqual([1, 2, "a fault"]);
});

test.skipIf(!isPossible)(
  "while much goes on, what Bun's own turn sends waits for its end, and not longer",
  async () => {
    const said = await program(`
    const [fd, other] = calls.pair(1);
    loop.attend({ lookAt: performance.now() + 60_000, look() {} });
    loop.stay();
    const said = [];
    for (let left = 100; left > 0 && said.length < 3; left--) {
      await Bun.sleep(1);
      const sender = { fd, isEnding: false, sent: (rest, errno) => said.push("sent", rest, errno) };
      if (loop.ends.sends.add(sender, -1, new Uint8Array(new ArrayBuffer(3)), 3) < 0) continue;
      said.push("waits");
      await new Promise((done) => setImmediate(() => setImmediate(done)));
    }
    console.log(JSON.stringify(said));
    process.exit(0);`);
    expect(JSON.parse(said)).toEqual(["waits", "sent", null, 0]);
  },
);

test.skipIf(!isPossible)("a place that has been used 2^31 times is heard as before", async () => {
  const said = await must([process.execPath, "run", "-"], {
    input: `
    import { EpollLoop, connectionEvents } from "${net}/epoll/epoll-loop.ts";
    import { loadEpollCalls } from "${net}/libc/epoll-calls.ts";
    import { socketCalls } from "${net}/libc/socket-calls.ts";
    const calls = socketCalls();
    const loop = new EpollLoop(loadEpollCalls(), calls, 2 ** 31 - 4);
    await loop.hang();
    const heard = [];
    for (let use = 0; use < 8; use++) {
      const [one, other] = calls.pair(1);
      let isHeard = false;
      const place = loop.register(one, connectionEvents, { ready: (events) => (isHeard ||= (events & 1) !== 0) });
      calls.send(other, new Uint8Array(new ArrayBuffer(1)));
      for (let left = 20; left > 0 && !isHeard; left--) await Bun.sleep(5);
      heard.push(isHeard);
      loop.forget(place);
      for (const fd of [one, other]) calls.close(fd);
    }
    console.log(JSON.stringify(heard));
    process.exit(0);`,
  });
  expect(JSON.parse(said)).toEqual(Array.from({ length: 8 }, () => true));
});

test.skipIf(!isPossible)("time stands still within a turn, and goes on after it, also after a fault", async () => {
  const said = await program(`
    const { clockMs } = await import("${net}/../clock.ts");
    const told = [];
    process.on("uncaughtException", () => told.push(clockMs() - performance.now() > -1));
    const [one, other] = calls.pair(1);
    loop.register(one, connectionEvents, { ready(events) {
      if ((events & 1) === 0) return;
      const before = clockMs();
      const until = performance.now() + 20;
      while (performance.now() < until);
      told.push(clockMs() === before);
      throw new Error("a fault");
    } });
    await Bun.sleep(5);
    calls.send(other, new Uint8Array(new ArrayBuffer(1)));
    for (let left = 100; left > 0 && told.length < 2; left--) await Bun.sleep(10);
    const later = clockMs();
    await Bun.sleep(20);
    told.push(clockMs() - later >= 19);
    console.log(JSON.stringify(told));
    process.exit(0);`);
  expect(JSON.parse(said)).toEqual([true, true, true]);
});

test.skipIf(!isPossible)("timers and Bun's own sockets have their turn while bytes fly", async () => {
  const transport = await openEpollTransport();
  using stage = await Stage.set(transport, (peer) => peer.send("x"));
  const { client, server, relay } = await stage.session();
  // Each answers the other as fast as it can.
  let trips = 0;
  const over = new AbortController();
  const play = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const wanted = ++trips;
      client.send("y");
      await server.until("a byte", () => server.count >= wanted);
      server.send("z");
      await client.until("a byte", () => client.count >= wanted);
    }
  };
  const playing = play();
  using web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("here") });
  // In time that this process had: what others have of the machine makes no timer of its late.
  const late: number[] = [];
  for (let round = 0; round < 20; round++) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { user, system } = process.cpuUsage(before);
    late.push((user + system) / 1000 - 10);
    expect(await (await fetch(web.url)).text()).toBe("here");
  }
  over.abort();
  await playing;
  client.reset();
  await relay.ended;
  expect(trips).toBeGreaterThan(100);
  expect(late.toSorted((a, b) => a - b)[10]).toBeLessThan(10);
});

test.skipIf(!isPossible)("bytes behind an urgent one are not forgotten", async () => {
  const transport = await openEpollTransport();
  using stage = await Stage.set(transport);
  const { promise, resolve } = Promise.withResolvers<string>();
  const listener = await transport.listen(
    { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...listenDefaults },
    async (client) => {
      const server = await stage.server();
      transport.relay(client, server.connection, noLimits);
      await server.peer.until("all", () => server.peer.count >= 11);
      resolve(server.peer.text);
      client.reset();
    },
  );
  const { port } = listener.address as { port: number };
  await must([
    "python3",
    "-c",
    `import socket, time
s = socket.create_connection(("127.0.0.1", ${port}))
s.send(b"before"); s.send(b"!", socket.MSG_OOB); s.send(b"after")
try: s.recv(1)
except ConnectionResetError: pass`,
  ]);
  expect(await promise).toBe("beforeafter");
  listener.close();
});

test.skipIf(!isPossible)("without a descriptor to spare nobody is accepted, and nothing spins", async () => {
  const said = await program(`
    const accepted = [];
    const listener = await transport.listen({ address: { kind: "tcp", host: "127.0.0.1", port: 0 },
      ...${JSON.stringify(listenDefaults)} }, (client) => accepted.push(client));
    const options = { ...${JSON.stringify(connectDefaults)}, address: listener.address };
    const dialled = Array.from({ length: 4 }, () => calls.socket(2, 1));
    const { soft, hard } = descriptorLimits();
    const open = openDescriptorCount();
    setDescriptorLimits({ soft: Math.max(...dialled) + 1, hard });
    for (const fd of dialled) calls.connect(fd, listener.address);
    await Bun.sleep(50);
    const before = process.cpuUsage();
    await Bun.sleep(500);
    const { user, system } = process.cpuUsage(before);
    const some = accepted.length;
    setDescriptorLimits({ soft, hard });
    for (let left = 100; left > 0 && accepted.length < 4; left--) await Bun.sleep(10);
    console.log(JSON.stringify({ some, all: accepted.length, isIdle: user + system < 250_000 }));
    process.exit(0);`);
  expect(JSON.parse(said)).toEqual({ some: 0, all: 4, isIdle: true });
});
