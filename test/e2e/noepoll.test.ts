/** `noepoll` and `-de`: Bun's own sockets serve on Linux, too, and what they cannot do is refused by name. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { binary, type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { freePort, must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";

const own = ["fairlead", "curl"] as const;
const notice = /\(\d+\) : Bun's own sockets are used \(noepoll or -de\)$/m;

const ways: readonly { readonly name: string; readonly options: ForwarderOptions }[] = [
  { name: "-de", options: { arguments: ["-de", "-V"] } },
  { name: "noepoll", options: { global: "    noepoll\n", arguments: ["-V"] } },
  {
    name: "noepoll in a worker without rights",
    options: { global: "    noepoll\n    gid 65534\n", arguments: ["-W", "-V"] },
  },
];

for (const { name, options } of ways) {
  testWith([...own, "root"], `${name}: Bun's sockets serve, and every place says so`, async () => {
    await using server = await echoServer();
    const port = await freePort();
    const sections = `listen in\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${server.port}\n`;
    await using forwarder = await startForwarder(sections, options);
    const client = await open(port);
    client.write("served");
    expect((await readBytes(client, 6)).toString()).toBe("served");
    client.end();
    await forwarder.line(/ in in\/one .* 6 -- /);
    await forwarder.expectQuiet();
    expect(forwarder.process.stderr.text).toMatch(notice);
    await forwarder.process.stdout.find(/^Using bun\(\) as the polling mechanism\.$/);
    const status = JSON.parse((await forwarder.page("/status")).body) as { process: { transport: string } };
    expect(status.process.transport).toBe("bun");
    expect(await must([binary, "status", "--health", forwarder.health])).toMatch(/ in all, by bun$/m);
  });
}

testWith(own, "-vv says what will serve", async () => {
  expect(await must([binary, "-de", "-vv"])).toContain("will use bun.");
});

testWith(own, "forward takes -de", async () => {
  await using server = await echoServer();
  const port = await freePort();
  const words = [`127.0.0.1:${port}`, `127.0.0.1:${server.port}`, "--health", "off"];
  await using running = start([binary, "forward", ...words, ...(process.env["NOEPOLL"] === "1" ? [] : ["-de"])]);
  await running.stderr.find(/forwarding to 127\.0\.0\.1:\d+ by bun; no health endpoint$/);
  const client = await open(port);
  client.write("served");
  expect((await readBytes(client, 6)).toString()).toBe("served");
  client.end();
});

testWith(own, "what Bun's sockets cannot do is refused at its line, by a check and by a start", async () => {
  using folder = scratch();
  const file = folder.file("a.cfg");
  const port = await freePort();
  const text = (global: string): string =>
    `${global}defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten in\n bind 127.0.0.1:${port} interface lo mss 1000\n server s 127.0.0.1:1 tcp-ut 3s\n`;
  for (const [global, flags] of [
    ["", ["-de"]],
    ["global\n noepoll\n", []],
  ] as const) {
    writeFileSync(file, text(global));
    const line = global === "" ? 7 : 9;
    for (const check of [["-c"], ["--health", "off"]]) {
      const { code, stderr } = await run([binary, ...flags, ...check, "-f", file], { timeoutMs: 10_000 });
      expect(code).toBe(1);
      expect(stderr).toContain(
        `[${file}:${line}] : 'bind 127.0.0.1:${port}' : 'interface', 'mss' would need libc's sockets, which noepoll or -de switches off.`,
      );
      expect(stderr).toContain(`[${file}:${line + 1}] : 'server in/s' : 'tcp-ut' would need libc's sockets`);
    }
  }
});

testWith(
  [...own, "libc's sockets: -de was there from the start"],
  "a reload cannot change what serves, and says so",
  async () => {
    await using server = await echoServer();
    const port = await freePort();
    const sections = `listen in\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${server.port}\n`;
    await using forwarder = await startForwarder(sections, { arguments: ["-W"] });
    writeFileSync(forwarder.file, readFileSync(forwarder.file, "utf8").replace("global\n", "global\n    noepoll\n"));
    forwarder.process.kill("SIGUSR2");
    await forwarder.process.stderr.find(
      /'noepoll' will hold when the process is started anew; until then it stays as it was$/,
    );
    await waitUntil("it serves", async () => (await forwarder.page("/healthz")).status === 200);
    expect((await forwarder.page("/status")).body).not.toMatch(/"transport": ?"bun"/);
  },
);
