/** What the process may have of the system: fewer descriptors than `maxconn` asks for, a lower priority. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { binary, cpuSeconds, isHaproxy, startForwarder } from "./forwarder.ts";
import { freePort, type Running, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";
import { spliceOnce } from "./splicing.ts";

testWith(["curl"], "with few descriptors it lowers maxconn, says so, does not spin, and recovers", async () => {
  await using echo = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(
    `listen ssh
    bind 127.0.0.1:${port}
    server one 127.0.0.1:${echo.port}
`,
    {
      prefix: ["sh", "-c", 'ulimit -n 100; exec "$0" "$@"'],
      global: isHaproxy ? "    maxconn 30\n" : "    maxconn 10000\n",
    },
  );
  // HAProxy does all of this but the first: it refuses to start with a maxconn that it cannot have.
  if (!isHaproxy) await forwarder.process.stderr.find(/(?:NOTICE|WARNING).*\bmaxconn\b/);

  // More clients than can be served: the kernel keeps the rest waiting, as many as the backlog has room for.
  const clients: { readonly socket: Socket; readonly echo: Promise<Buffer> }[] = [];
  for (let count = 0; count < 55; count++) {
    const socket = await open(port);
    clients.push({ socket, echo: readBytes(socket, 1) });
    socket.write("x");
  }
  const served = await waitUntil("it is full", async () => {
    const sessions = await forwarder.sessions();
    return sessions >= 5 && echo.connections.length === sessions && sessions;
  });
  expect(served).toBeLessThan(50);

  const before = cpuSeconds(forwarder.process.pid);
  await Bun.sleep(1000);
  expect(cpuSeconds(forwarder.process.pid) - before).toBeLessThan(0.2);

  // Whoever leaves makes room for one who waits: in the end all have had their echo.
  for (const { socket, echo } of clients) {
    expect((await echo).toString()).toBe("x");
    socket.destroy();
  }
  await forwarder.expectQuiet();
});

function limitedText(global: string, port: number): string {
  return `global
    ${global}
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen ssh
    bind 127.0.0.1:${port}
    server one 127.0.0.1:${port}
`;
}

/** The forwarder where 200 descriptors are all there are. */
function limited(folder: { file(name: string): string }, config: string): Running {
  const file = folder.file("limits.cfg");
  writeFileSync(file, config);
  return start(["sh", "-c", 'ulimit -n 200; exec "$0" "$@"', binary, "-f", file]);
}

testWith([], "strict-limits refuses what would be lowered, and fd-hard-limit is one more limit", async () => {
  using folder = scratch();
  const refusals: readonly (readonly [string, RegExp])[] = [
    ["maxconn 100000\n    strict-limits", /FD limit|limit is 200/],
    ["ulimit-n 100000\n    strict-limits", /Cannot raise FD limit to 100000, limit is \d+\./],
    ["fd-hard-limit 100\n    maxconn 1000\n    strict-limits", /FD limit|limit is 100/],
    ["ulimit-n 150\n    fd-hard-limit 100\n    strict-limits", /Cannot raise FD limit to 150, limit is 100\./],
  ];
  for (const [global, said] of refusals) {
    await using running = limited(folder, limitedText(global, await freePort()));
    expect(await running.exited).toBe(1);
    expect(running.stderr.text).toMatch(said);
  }
  if (isHaproxy) return;
  for (const global of [
    "maxconn 100000",
    "maxconn 100000\n    no strict-limits",
    "maxconn 1000\n    fd-hard-limit 100",
  ]) {
    await using running = limited(folder, limitedText(global, await freePort()));
    await running.stderr.find(/maxconn lowered from \d+ to \d+: this process may open (?:100|200) descriptors/);
  }
});

/** Nice values of a process's threads (proc(5), field 19 of `stat`). */
function niceValues(pid: number): Map<string, number> {
  const values = readdirSync(`/proc/${pid}/task`).map((thread): [string, number] => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
    return [thread, Number(text.slice(text.lastIndexOf(")")).split(" ")[17])];
  });
  return new Map(values);
}

// HAProxy knows the keyword from 3.1 on.
test.skipIf(isHaproxy)("tune.renice.runtime gives way to others, splicing included", async () => {
  await using echo = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(
    `listen ssh
    bind 127.0.0.1:${port}
    option splice-auto
    server one 127.0.0.1:${echo.port}
`,
    { global: "    tune.renice.runtime 7\n" },
  );
  expect(niceValues(forwarder.pid).get(String(forwarder.pid))).toBe(7);
  await spliceOnce(forwarder, port);
  // The splice worker, which has been started by then.
  const values = Array.from(niceValues(forwarder.pid).values());
  expect(values.filter((one) => one === 7).length).toBeGreaterThan(1);
});

testWith(
  ["root", "fairlead"],
  "harden.reject-privileged-ports.tcp takes no client from a port below 1024",
  async () => {
    await using echo = await echoServer();
    for (const word of ["on", "off"]) {
      const port = await freePort();
      await using forwarder = await startForwarder(
        `listen ssh
    bind 127.0.0.1:${port}
    server one 127.0.0.1:${echo.port}
`,
        { global: `    harden.reject-privileged-ports.tcp ${word}\n` },
      );
      const client = connect({ port, host: "127.0.0.1", localPort: 1021 });
      client.on("error", () => {});
      client.write("x");
      const answer = await new Promise<string>((resolve) => {
        client.once("data", (bytes) => resolve(bytes.toString()));
        client.once("close", () => resolve("closed"));
      });
      client.resetAndDestroy();
      expect(answer).toBe(word === "on" ? "closed" : "x");
      await forwarder.expectQuiet();
    }
  },
);

testWith(["fairlead"], "noreuseport shares no address", async () => {
  using folder = scratch();
  for (const [global, isShared] of [
    ["maxconn 10", true],
    ["maxconn 10\n    noreuseport", false],
  ] as const) {
    const port = await freePort();
    await using first = limited(folder, limitedText(global, port));
    await waitUntil("it listens", () => listens(port));
    await using second = limited(folder, limitedText(global, port));
    if (isShared) await second.stderr.find(/health endpoint/);
    else expect(await second.exited).toBe(1);
    expect(first.stderr.text).not.toContain("cannot bind");
  }
});

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
  });
}
