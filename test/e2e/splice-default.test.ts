/** Streams are spliced without being asked, unless that is refused; who has none pays nothing for it. */
import { expect } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { contentOf, isContentOf } from "../contract/content.ts";
import { type Forwarder, type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { freePort, must, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes, type TestServer } from "./sockets.ts";
import { splicedBytes } from "./splicing.ts";

const mebibyte = 1024 * 1024;

async function forward(server: TestServer, options: ForwarderOptions = {}, line = "") {
  const port = await freePort();
  const text = `listen in\n    bind 127.0.0.1:${port}\n${line}    server one 127.0.0.1:${server.port}\n`;
  return { port, forwarder: await startForwarder(text, options) };
}

/** Sends `owner`'s bytes to an echoing server; whether it is they that come back. */
async function isEchoed(client: Socket, owner: number, length: number): Promise<boolean> {
  const reading = readBytes(client, length);
  for (const chunk of contentOf(owner, 0, length)) client.write(chunk);
  return isContentOf(owner, 0, await reading);
}

async function echo(port: number, owner: number, length: number): Promise<void> {
  const client = await open(port);
  expect(await isEchoed(client, owner, length)).toBe(true);
  client.destroy();
}

function descriptors(pid: number, kind: string): number {
  const folder = `/proc/${pid}/fd`;
  let count = 0;
  for (const name of readdirSync(folder)) {
    try {
      if (Number(name) > 2 && readlinkSync(`${folder}/${name}`).startsWith(kind)) count += 1;
    } catch {
      // Closed between listing and looking.
    }
  }
  return count;
}

/** Several streams at once, again and again until some are spliced. */
async function stream(forwarder: Forwarder, port: number): Promise<void> {
  let owner = 0;
  await waitUntil("streams are spliced", async () => {
    await Promise.all(Array.from({ length: 4 }, () => echo(port, ++owner, 8 * mebibyte)));
    return (await splicedBytes(forwarder)) > 0;
  });
}

testWith(["fairlead", "curl"], "a configuration that says nothing of it: streams are spliced, whole", async () => {
  await using server = await echoServer();
  const { port, forwarder } = await forward(server);
  await using _ = forwarder;
  await stream(forwarder, port);
  const before = await splicedBytes(forwarder);
  await Promise.all(Array.from({ length: 4 }, (_, owner) => echo(port, 100 + owner, 24 * mebibyte)));
  // Both ways, but for what makes a stream of them.
  expect((await splicedBytes(forwarder)) - before).toBeGreaterThan(4 * 2 * 12 * mebibyte);
  await forwarder.expectQuiet();
});

const refusals: readonly (readonly [string, ForwarderOptions, string])[] = [
  ["nosplice", { global: "    nosplice\n" }, ""],
  ["-dS", { arguments: ["-dS"] }, ""],
  ["no option splice-auto", {}, "    no option splice-auto\n"],
  ["no option for each way", {}, "    no option splice-request\n    no option splice-response\n"],
  ["maxconn leaves no descriptor over", { global: "    fd-hard-limit 200\n    maxconn 67\n" }, ""],
];

for (const [name, options, line] of refusals)
  testWith(["fairlead", "curl"], `${name}: nothing is spliced, and nothing told of that`, async () => {
    await using server = await echoServer();
    const { port, forwarder } = await forward(server, options, line);
    await using _ = forwarder;
    const before = descriptors(forwarder.pid, "anon_inode:[eventfd]");
    await Promise.all(Array.from({ length: 4 }, (_, owner) => echo(port, owner + 1, 12 * mebibyte)));
    await echo(port, 9, 24 * mebibyte);
    expect(await splicedBytes(forwarder)).toBe(0);
    expect(descriptors(forwarder.pid, "anon_inode:[eventfd]")).toBe(before);
    expect(forwarder.process.stderr.text).not.toMatch(/splic|maxconn lowered|data plane/);
    await forwarder.expectQuiet();
  });

testWith(["fairlead", "curl"], "one way is refused: the other one is spliced", async () => {
  await using server = await echoServer();
  const { port, forwarder } = await forward(server, {}, "    no option splice-request\n");
  await using _ = forwarder;
  await stream(forwarder, port);
  const before = await splicedBytes(forwarder);
  const total = 64 * mebibyte;
  await echo(port, 77, total);
  const moved = (await splicedBytes(forwarder)) - before;
  expect(moved).toBeGreaterThan(total / 2);
  expect(moved).toBeLessThanOrEqual(total);
});

testWith(["fairlead", "curl"], "short sessions and dialogues start no thread and take no pipe", async () => {
  await using server = await echoServer();
  const { port, forwarder } = await forward(server);
  await using _ = forwarder;
  const count = (): readonly number[] => [
    descriptors(forwarder.pid, "anon_inode:[eventfd]"),
    descriptors(forwarder.pid, "pipe:"),
  ];
  const before = count();
  await Promise.all(Array.from({ length: 40 }, (_, owner) => echo(port, owner + 1, mebibyte)));
  const client = await open(port);
  for (let round = 0; round < 30; round++) {
    expect(await isEchoed(client, round, 256 * 1024)).toBe(true);
    await Bun.sleep(20);
  }
  client.destroy();
  expect(count()).toEqual(before);
  expect(await splicedBytes(forwarder)).toBe(0);
});

const asked = "    option splice-auto\n    maxconn 4000\n";

const scarce: readonly { readonly name: string; readonly global: string; readonly isFull: boolean }[] = [
  { name: "as pipes come", global: "", isFull: false },
  { name: "of an account whose pipes are bounded", global: "    user nobody\n", isFull: false },
  { name: "with three pipes", global: "    maxpipes 3\n", isFull: false },
  { name: "with no descriptor left for pipes", global: "", isFull: true },
];

function limitDescriptors(pid: number, soft: number): Promise<string> {
  return must(["prlimit", "--pid", String(pid), `--nofile=${soft}:20000`]);
}

for (const { name, global, isFull } of scarce)
  testWith(
    ["root", "fairlead", "curl", "prlimit"],
    `2,000 streams at once, ${name}: each gets its own bytes`,
    async () => {
      await using server = await echoServer();
      const { port, forwarder } = await forward(server, { global: `    maxconn 4500\n${global}` }, asked);
      await using _ = forwarder;
      await stream(forwarder, port);
      const spliced = await splicedBytes(forwarder);
      const [steps, size] = [3, 128 * 1024];
      const clients: Socket[] = [];
      while (clients.length < 2000) clients.push(...(await Promise.all(Array.from({ length: 100 }, () => open(port)))));
      await waitUntil("all are connected", () => server.connections.length >= 2000);
      if (isFull) await limitDescriptors(forwarder.pid, readdirSync(`/proc/${forwarder.pid}/fd`).length + 4);
      for (let step = 0; step < steps; step++)
        await Promise.all(
          clients.map(async (client, index) => {
            if (!(await isEchoed(client, index * steps + step + 1, size)))
              throw new Error(`client ${index}, step ${step}: foreign bytes`);
          }),
        );
      if (isFull) await limitDescriptors(forwarder.pid, 20_000);
      else expect(await splicedBytes(forwarder)).toBeGreaterThan(spliced);
      for (const client of clients) client.destroy();
      await forwarder.expectQuiet();
    },
    240_000,
  );
