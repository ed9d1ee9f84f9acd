/** Who is in the way of an address: whoever has it or all of them, and nobody who has another. */
import { expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { portHolder } from "../../../../src/service/runtime/port-holder.ts";

/** Listens on a port of the kernel's choice until the block ends. */
async function listening(host: string): Promise<{ readonly port: number } & Disposable> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, [Symbol.dispose]: () => void server.close() };
}

const cases = [
  { on: "127.0.0.2", meets: ["127.0.0.2"], misses: ["127.0.0.1", "192.0.2.1", "::1"] },
  { on: "0.0.0.0", meets: ["127.0.0.1", "192.0.2.1", "*", "", "::"], misses: [] },
  { on: "::", meets: ["127.0.0.1", "::1", "2001:db8::1", "*", "0.0.0.0"], misses: [] },
  { on: "::1", meets: ["::1"], misses: ["127.0.0.1", "2001:db8::1"] },
  { on: "::ffff:127.0.0.2", meets: ["127.0.0.2", "::ffff:127.0.0.2"], misses: ["127.0.0.1", "::1"] },
];

for (const { on, meets, misses } of cases) {
  test.skipIf(process.platform !== "linux")(`who listens on ${on}`, async () => {
    using server = await listening(on);
    // Other processes of this machine may have the same port elsewhere.
    const isFound = (host: string): boolean => portHolder(server.port, host)?.pid === process.pid;
    expect(portHolder(server.port, "*")).not.toBeNull();
    expect(meets.filter((host) => !isFound(host))).toEqual([]);
    expect(misses.filter(isFound)).toEqual([]);
  });
}
