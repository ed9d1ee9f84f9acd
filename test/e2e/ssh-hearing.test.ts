/** Servers that turn sessions down before they say who they are: others serve in their place, and with none left git says why. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { certificate } from "../certificates.ts";
import { type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { freePorts, isNoEpoll, must, type Ran, run, scratch, testWith, waitUntil } from "./harness.ts";
import { open, readBytes, serve } from "./sockets.ts";
import { type Sshd, startSshd, user } from "./sshd.ts";

const needs = ["ssh", "sshd", "git", "curl", "fairlead"] as const;

/** It takes one connection that has not logged in, and has it. */
async function fullSshd(): Promise<Sshd> {
  const sshd = await startSshd({ lines: ["MaxStartups 1:100:1"] });
  const socket = await open(sshd.port);
  await readBytes(socket, 4);
  return {
    ...sshd,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await sshd[Symbol.asyncDispose]();
    },
  };
}

/** With another one's keys. */
function sshdLike(other: Sshd): Promise<Sshd> {
  const folder = dirname(other.options[other.options.indexOf("-i") + 1] ?? "");
  return startSshd({ lines: [`HostKey ${folder}/host`, `AuthorizedKeysFile ${folder}/authorized`] });
}

/** A bare repository with one branch. */
async function repository(folder: string): Promise<string> {
  await must(["git", "init", "-q", "--bare", `${folder}/repo.git`]);
  await must(["git", "init", "-q", "-b", "main", `${folder}/work`]);
  await must(["git", "commit", "-q", "--allow-empty", "-m", "first"], { cwd: `${folder}/work` });
  await must(["git", "push", "-q", `${folder}/repo.git`, "main"], { cwd: `${folder}/work` });
  return `${folder}/repo.git`;
}

function listRemote({ options }: Sshd, port: number, path: string): Promise<Ran> {
  const ssh = `ssh ${options.map((one) => `'${one}'`).join(" ")} -o LogLevel=INFO`;
  return run(["git", "ls-remote", `ssh://${user}@127.0.0.1:${port}${path}`], { env: { GIT_SSH_COMMAND: ssh } });
}

const ways: readonly { readonly name: string; readonly options: ForwarderOptions }[] = [
  { name: isNoEpoll ? "Bun's sockets" : "splice", options: {} },
  ...(isNoEpoll
    ? []
    : [
        { name: "epoll", options: { global: "    nosplice\n" } },
        { name: "noepoll", options: { global: "    noepoll\n" } },
      ]),
];

for (const { name, options } of ways) {
  testWith([...needs], `${name}: git is served by another server where one is full, or reads that it is`, async () => {
    await using full = await fullSshd();
    await using other = await sshdLike(full);
    using folder = scratch();
    const path = await repository(folder.path);
    const [port, alone] = await freePorts(2);
    await using forwarder = await startForwarder(
      `listen ssh
    bind 127.0.0.1:${port}
    option ssh
    option redispatch
    server full 127.0.0.1:${full.port}
    server other 127.0.0.1:${other.port}
listen alone
    bind 127.0.0.1:${alone}
    option ssh
    retries 0
    server full 127.0.0.1:${full.port}
`,
      options,
    );
    const ran = await Promise.all(Array.from({ length: 6 }, () => listRemote(full, port!, path)));
    expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(ran.map(() => [0, ""]));
    const refused = await listRemote(full, alone!, path);
    expect([refused.code, refused.stderr.replaceAll("\r", "").split("\n")[0]]).toEqual([
      128,
      `Received disconnect from 127.0.0.1 port ${alone}:12: The server takes no more connections at the moment. Please try again later.`,
    ]);
    await forwarder.line(/ ssh ssh\/other \S+ \S+ -- \d+\/\d+\/\d+\/\d+\/\+1 /);
    await forwarder.line(/ alone alone\/full \d+\/-1\/\d+ \d+ SC \d+\/\d+\/\d+\/\d+\/0 /);
    expect(forwarder.process.stdout.text).toContain("Server ssh/full turns sessions down: it has as many connections");
    const { body } = await forwarder.page("/metrics");
    expect(body).toMatch(/^fairlead_ssh_server_refusals_total\{proxy="ssh",server="full",reason="full"\} [1-9]/m);
    expect(body).toMatch(/^fairlead_ssh_server_refusals_total\{proxy="alone",server="full",reason="full"\} [1-9]/m);
    expect(body).toMatch(/^fairlead_ssh_refusals_total\{reason="full"\} [1-9]/m);
    await forwarder.expectQuiet();
  });
}

/** A server that turns every connection down once it has said its first bytes, and tells what these were. */
async function refusing(text: string): Promise<Awaited<ReturnType<typeof serve>> & { readonly heard: string[] }> {
  const heard: string[] = [];
  const server = await serve((socket) => {
    const at = heard.push("") - 1;
    socket.on("data", (bytes) => (heard[at] += bytes.toString("latin1")));
    socket.once("data", () => socket.write(text, () => socket.destroy()));
  });
  return Object.assign(server, { heard });
}

/** What the same sessions come by on their way to a server. */
const between = [
  { how: "PROXY headers", line: "send-proxy", header: /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n/ },
  { how: "PROXY headers in binary", line: "send-proxy-v2", header: /^\r\n\r\n\0\r\nQUIT\n[^]{16}/ },
  { how: "source ports of a range", line: "source 127.0.0.1:FIRST-LAST", header: /^/ },
] as const;

testWith(
  [...needs],
  "the client's bytes go to the next server behind a header of their own, and ports come back",
  async () => {
    await using full = await refusing("Exceeded MaxStartups\r\n");
    const heard: string[] = [];
    await using other = await serve((socket) => {
      const at = heard.push("") - 1;
      socket.on("data", (bytes) => (heard[at] += bytes.toString("latin1")));
      socket.write("SSH-2.0-other\r\n");
      socket.on("end", () => socket.end());
    });
    const first = Math.min(...(await freePorts(3)));
    const ports = await freePorts(between.length);
    const sections = between.map(
      ({ line }, index) => `listen l${index}
    bind 127.0.0.1:${ports[index]}
    option ssh
    option redispatch 1
    server full 127.0.0.1:${full.port} ${line.replace("FIRST", String(first)).replace("LAST", String(first + 2))}
    server other 127.0.0.1:${other.port} ${line.replace("FIRST", String(first)).replace("LAST", String(first + 2))}
`,
    );
    await using forwarder = await startForwarder(sections.join(""));
    for (const [index, { header }] of between.entries()) {
      for (let left = 2; left > 0; left--) {
        const [refused, served] = [full.heard.length, heard.length];
        const word = `SSH-2.0-client_${index}_${left}\r\n`;
        const client = await open(ports[index]!);
        client.write(word);
        expect((await readBytes(client, 15)).toString()).toBe("SSH-2.0-other\r\n");
        client.end();
        await waitUntil("it is heard", () => heard[served]?.endsWith(word) === true);
        expect(heard[served]!.replace(header, "")).toBe(word);
        expect(heard[served]).toMatch(header);
        // Which may have refused for the header alone.
        for (const one of full.heard.slice(refused)) expect(["", word]).toContain(one.replace(header, ""));
      }
      expect(full.heard.length).toBeGreaterThanOrEqual(index + 1);
    }
    await forwarder.expectQuiet();
  },
);

testWith([...needs], "TLS and PROXY headers on either side, unix sockets, and a reload in between", async () => {
  using folder = scratch();
  const { bothFile } = certificate({ subject: "/CN=localhost" });
  await using sshd = await startSshd();
  await using full = await refusing("Not allowed at this time\r\n");
  const [port, inner, tls, secured] = await freePorts(4);
  const socket = `unix@${folder.file("full")}`;
  await using forwarder = await startForwarder(`listen front
    bind 127.0.0.1:${port}
    server next 127.0.0.1:${inner} ssl verify none send-proxy-v2
listen ssh
    bind 127.0.0.1:${inner} ssl crt ${bothFile} accept-proxy
    option ssh
    option redispatch 1
    server full 127.0.0.1:${secured} ssl verify none
    server other 127.0.0.1:${tls} ssl verify none send-proxy
listen tls
    bind 127.0.0.1:${tls} ssl crt ${bothFile} accept-proxy
    server sshd 127.0.0.1:${sshd.port}
listen refusing
    bind 127.0.0.1:${secured} ssl crt ${bothFile}
    bind ${socket}
    server full 127.0.0.1:${full.port}
`);
  const through = async (): Promise<void> => {
    const [{ length }, { code, stdout, stderr }] = [
      full.heard,
      await run([...sshd.client, "-p", String(port), `${user}@127.0.0.1`, "echo through"]),
    ];
    expect([code, stdout, stderr]).toEqual([0, "through\n", ""]);
    if (full.heard.length > length) expect(full.heard.at(-1)).toStartWith("SSH-2.0-OpenSSH");
  };
  await through();
  const before = readFileSync(forwarder.file, "utf8");
  writeFileSync(forwarder.file, before.replace(`127.0.0.1:${secured} ssl verify none`, socket));
  forwarder.process.kill("SIGUSR2");
  await waitUntil("it is reloaded", async () =>
    (await forwarder.page("/metrics")).body.includes('fairlead_reloads_total{result="success"} 1'),
  );
  for (let left = 3; left > 0; left--) await through();
  await waitUntil("it has rested", async () => !(await forwarder.page("/status")).body.includes("rests"));
  for (let left = 3; left > 0; left--) await through();
  expect(full.heard.length).toBeGreaterThanOrEqual(2);
  await forwarder.expectQuiet();
});
