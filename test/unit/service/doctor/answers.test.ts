/** Which servers are asked, and at what addresses. */
import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { clockMs } from "../../../../src/clock.ts";
import { askServers } from "../../../../src/service/doctor/answers.ts";
import type { Examined } from "../../../../src/service/doctor/examined.ts";
import { openRuntime } from "../../../../src/service/runtime/open-runtime.ts";
import { planOf } from "../../config/reading.ts";

/** A server that says something else than SSH, and nothing more. */
async function greeter(): Promise<{ readonly port: number; [Symbol.dispose](): void }> {
  const server = createServer((client) => client.on("error", () => {}).end("220 mail.test\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, [Symbol.dispose]: () => void server.close() };
}

async function asked(text: string, addresses: readonly string[] = [], timeMs = 5000): Promise<unknown[]> {
  const { transport } = await openRuntime();
  const examined: Examined = {
    plan: planOf(text),
    files: [],
    transport,
    deadlineAt: clockMs() + timeMs,
    health: null,
    addressesOf: () => Promise.resolve(addresses),
    holderOf: () => null,
    running: null,
  };
  return (await askServers(examined)).map(({ backend, server, place, state }) => [
    `${backend.name}/${server.name}`,
    place,
    state,
  ]);
}

test("each slot of a template has an address of its own; those that stay empty are passed over", async () => {
  using mail = await greeter();
  const { port } = mail;
  const text = `backend a\n server-template t 3-6 pods.test:${port} init-addr none\n`;
  expect(await asked(text, ["127.0.0.1", "127.0.0.2"])).toEqual([
    ["a/t3", `127.0.0.1:${port}`, "silent"],
    ["a/t4", `127.0.0.2:${port}`, "unreached"],
  ]);
  expect(await asked(text)).toEqual([["a/t3", `pods.test:${port}`, "unresolved"]]);
});

test("a server with the client's port is asked at that of the first socket that leads to it, or not at all", async () => {
  using mail = await greeter();
  const text = `listen a\n bind 127.0.0.1:${mail.port - 1}\n server s 127.0.0.1:+1\nbackend b\n server s 127.0.0.1\n`;
  expect(await asked(text)).toEqual([["a/s", `127.0.0.1:${mail.port}`, "silent"]]);
});

test("those that are switched off, or that DNS names as services, are not asked", async () => {
  const text = `resolvers r\n nameserver n 127.0.0.1:1
backend a\n disabled\n server s 127.0.0.1:1
backend b\n server s 127.0.0.1:1 disabled\n server-template t 2 _ssh._tcp.pods.test resolvers r init-addr none\n`;
  expect(await asked(text)).toEqual([]);
});

test("when time is up nobody is asked any more", async () => {
  expect(await asked("backend a\n server s 127.0.0.1:1\n", [], 0)).toEqual([["a/s", "127.0.0.1:1", "late"]]);
});
