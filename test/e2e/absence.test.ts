/** Where splicing is not to be had, or not wanted: the portable relay serves, one notice says why, and `-vv` knows. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { binary, type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { freePort, must, type Need, testWith } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";

interface Case {
  readonly name: string;
  readonly needs?: readonly Need[];
  readonly options: ForwarderOptions;
  readonly notice: string;
  /** What `-vv` says of the data plane under the same circumstances. */
  readonly plane: string;
}

const splices = "libc's sockets: Bun's own are never spliced";
const available = "splice (zero-copy) available, for streams unless refused";
const switchedOff = "splicing is switched off (-dS or nosplice); bytes are copied instead";

const cases: readonly Case[] = [
  {
    name: "no code may be made at run time, as with MemoryDenyWriteExecute",
    options: { env: { BUN_JSC_useJIT: "0" } },
    notice: "splicing is not possible here (bun:ffi requires the JIT); bytes are copied instead",
    plane: "portable only (bun:ffi requires the JIT)",
  },
  {
    name: "splice(2) is refused, as by a seccomp filter",
    needs: ["strace"],
    // -D: the program stays our own child, and ends with the test.
    options: {
      prefix: ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=splice", "-e", "inject=splice:error=EPERM"],
    },
    notice: "splicing is not possible here (splice: Operation not permitted); bytes are copied instead",
    plane: "portable only (splice: Operation not permitted)",
  },
  {
    name: "no epoll of its own is to be had: Bun's sockets serve",
    needs: ["strace"],
    options: {
      // The first is Bun's.
      prefix: [
        "strace",
        "-D",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "trace=epoll_create1",
        "-e",
        "inject=epoll_create1:error=EMFILE:when=2+",
      ],
    },
    notice: "splicing is not possible here (Bun's own sockets are used); bytes are copied instead",
    plane: "portable only (Bun's own sockets are used)",
  },
  { name: "-dS", needs: [splices], options: { arguments: ["-dS"] }, notice: switchedOff, plane: available },
  { name: "nosplice", needs: [splices], options: { global: "    nosplice\n" }, notice: switchedOff, plane: available },
];

for (const { name, needs = [], options, notice, plane } of cases) {
  testWith(["fairlead", "curl", ...needs], name, async () => {
    await using server = await echoServer();
    const port = await freePort();
    const sections = `listen in
    option splice-auto
    bind 127.0.0.1:${port}
    server one 127.0.0.1:${server.port}
`;
    await using forwarder = await startForwarder(sections, options);
    // More than what a session must have carried to be handed to the zero-copy plane.
    const sent = Buffer.alloc(4 * 1024 * 1024, "fairlead ");
    const client = await open(port);
    const reading = readBytes(client, sent.length);
    client.write(sent);
    expect((await reading).equals(sent)).toBe(true);
    client.end();
    await forwarder.line(new RegExp(` in in/one .* ${sent.length} -- `));
    await forwarder.expectQuiet();
    const said = forwarder.process.stderr.text.split("\n").filter((line) => line.includes("splic"));
    expect(said.map((line) => line.replace(/^\[NOTICE\] *\(\d+\) : /, ""))).toEqual([notice]);

    const text = await must([...(options.prefix ?? []), binary, "-vv"], { env: options.env ?? {} });
    expect(/^Data plane : (.*)$/m.exec(text)?.[1]).toBe(plane);
  });
}

testWith(["fairlead", "curl"], "a reload without the nosplice of the start", async () => {
  await using server = await echoServer();
  const port = await freePort();
  const sections = `listen in\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${server.port}\n`;
  await using forwarder = await startForwarder(sections, { arguments: ["-W"], global: "    nosplice\n" });
  writeFileSync(forwarder.file, readFileSync(forwarder.file, "utf8").replace("    nosplice\n", ""));
  forwarder.process.kill("SIGUSR2");
  await forwarder.process.stderr.find(/splicing begins when the process is started anew; until then bytes are copied$/);
  const client = await open(port);
  client.write("served");
  expect((await readBytes(client, 6)).toString()).toBe("served");
  client.end();
  await forwarder.expectQuiet();
});
