/** What a check and a session cost in system calls, which is most of what they cost: none that is needless comes back unseen. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { startForwarder } from "./forwarder.ts";
import { freePort, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readAll } from "./sockets.ts";

/** Every call that concerns one socket. Those of the event loop itself are as many as its turns, whatever a turn does. */
const counted = [
  "accept4",
  "bind",
  "close",
  "connect",
  "epoll_ctl",
  "fcntl",
  "getpeername",
  "getsockname",
  "getsockopt",
];
counted.push("recvfrom", "sendto", "setsockopt", "shutdown", "socket");

/** Counts calls of a process by name while `body` runs; `bell` bytes, by which the loop is woken, are none. */
async function callsOf(
  pid: number,
  body: (countSoFar: (name: string) => number) => Promise<unknown>,
): Promise<string[]> {
  using folder = scratch();
  const trace = folder.file("trace");
  const words = ["-f", "-e", `trace=${counted.join(",")}`, "-e", "signal=none", "-o", trace, "-p", String(pid)];
  await using tracer = start(["strace", ...words]);
  await tracer.stderr.find(/attached/);
  const seen = (): string[] => {
    const lines = readFileSync(trace, "latin1").split("\n");
    const calls = lines.filter((line) => !/ (?:recvfrom|sendto)\(\d+, "\\0", /.test(line));
    return calls.map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? "").filter((name) => name !== "");
  };
  await body((name) => seen().filter((one) => one === name).length);
  tracer.kill("SIGINT");
  await tracer.exited;
  return seen();
}

function times(calls: readonly string[], name: string): number {
  return calls.filter((one) => one === name).length;
}

/** What each of many checks of a server at `port` costs. */
async function callsPerCheck(port: number, lines: string): Promise<number> {
  const servers = Array.from({ length: 10 }, (_, at) => `    server s${at} 127.0.0.1:${port} check inter 20ms\n`);
  await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${await freePort()}
${lines}${servers.join("")}`);
  const calls = await callsOf(forwarder.pid, (countSoFar) =>
    waitUntil("200 checks", () => countSoFar("connect") >= 200),
  );
  return calls.length / times(calls, "connect");
}

// What is cut off at either end, and places that the two loops change, are not of a check.
const besides = 0.3;

testWith(["fairlead", "strace"], "a check of a port costs no more than six calls", async () => {
  await using server = await echoServer();
  expect(await callsPerCheck(server.port, "")).toBeLessThan(6 + besides);
});

testWith(["fairlead", "strace"], "a check by HTTP costs no more than eight calls", async () => {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("well") });
  expect(await callsPerCheck(server.port ?? 0, "    option httpchk GET /\n")).toBeLessThan(8 + besides);
});

testWith(["fairlead", "strace"], "a session of one byte each way costs no more than sixteen calls", async () => {
  await using server = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${port}
    no log
    server s 127.0.0.1:${server.port}
`);
  const sessions = 100;
  const calls = await callsOf(forwarder.pid, async () => {
    for (let session = 0; session < sessions; session++) {
      const client = await open(port);
      client.end("x");
      expect((await readAll(client)).bytes.length).toBe(1);
    }
  });
  expect(times(calls, "accept4")).toBeGreaterThanOrEqual(sessions);
  expect(calls.length / sessions).toBeLessThan(16.5);
});
