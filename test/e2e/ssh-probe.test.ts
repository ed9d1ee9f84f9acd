/** `fairlead probe` against SSH servers of all kinds, beside what ssh-keyscan and ssh-keygen say of them. */
import { afterAll, expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { binary, startForwarder } from "./forwarder.ts";
import { commandPath, freePort, must, type Ran, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { makeKeys } from "./ssh-software/keys.ts";
import { servers } from "./ssh-software/servers.ts";

interface Probed {
  readonly failure: string | null;
  readonly identification: { readonly line: string };
  readonly strictKex: boolean;
  readonly keyExchange: string;
  readonly keys: readonly {
    readonly bits: number;
    readonly fingerprint: string;
    readonly type: string;
    readonly signature: string;
    readonly certificate: { readonly id: string } | null;
  }[];
}

const probe = (...words: string[]): Promise<Ran> => run([binary, "probe", ...words]);

async function document(...words: string[]): Promise<Probed> {
  return JSON.parse((await must([binary, "probe", ...words, "--json"])).toString()) as Probed;
}

/** What ssh-keyscan prints of a server, without its comments, in order. */
async function scanned(port: number, ...words: string[]): Promise<string[]> {
  const { stdout } = await run(["ssh-keyscan", "-p", String(port), "-t", "rsa,ecdsa,ed25519", ...words, "127.0.0.1"]);
  return lines(stdout);
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !/^[#;]/.test(line))
    .toSorted();
}

/** `256 SHA256:… (ED25519)` of every line of known_hosts, by ssh-keygen. */
async function fingerprints(knownHosts: readonly string[]): Promise<string[]> {
  using folder = scratch();
  writeFileSync(folder.file("known"), knownHosts.map((line) => `${line}\n`).join(""));
  const listed = await must(["ssh-keygen", "-l", "-f", folder.file("known")]);
  return lines(listed)
    .map((line) => line.replace(/^(\d+ \S+) .* (\(\S+\))$/, "$1 $2"))
    .toSorted();
}

/** The server's keys as the probe has them, after it was shown that ssh's own tools have the same. */
async function agreed(port: number): Promise<Probed> {
  const place = `127.0.0.1:${port}`;
  const known = await scanned(port);
  expect(lines((await probe(place, "--known-hosts")).stdout)).toEqual(known);
  const found = await document(place);
  const plain = found.keys.filter(({ certificate }) => certificate === null);
  expect(plain.map((key) => `${key.bits} ${key.fingerprint} (${key.type})`).toSorted()).toEqual(
    await fingerprints(known),
  );
  expect(found.keys.map(({ signature }) => signature)).toEqual(found.keys.map(() => "valid"));
  return found;
}

const cleanUp: Disposable[] = [];
afterAll(() => {
  for (const one of cleanUp) one[Symbol.dispose]();
});

/** Made once: they are dear. */
const opensshKeys = once(async (file) => {
  const types = { rsa: "2048", ecdsa: "256", ed25519: "256", ca: "256" };
  await Promise.all(
    Object.entries(types).map(([name, bits]) => {
      const type = name === "ca" ? "ed25519" : name;
      return must(["ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-f", file(name)]);
    }),
  );
  await must(["ssh-keygen", "-q", "-s", file("ca"), "-h", "-I", "one host", file("ed25519.pub")]);
});
const otherKeys = once(async () => {
  const keys = await makeKeys();
  cleanUp.push(keys);
  return keys;
});

/** What is made when somebody needs it, in a folder that is gone when all tests are done. */
function once<Made>(make: (file: (name: string) => string) => Promise<Made>) {
  let made: Promise<{ readonly file: (name: string) => string; readonly made: Made }> | null = null;
  return () => {
    made ??= (async () => {
      const folder = scratch();
      cleanUp.push(folder);
      const { file } = folder;
      return { file, made: await make(file) };
    })();
    return made;
  };
}

/** OpenSSH's server with a key of each type and a certificate; it has logged nothing when this resolves. */
async function startServer(level: string) {
  const { file } = await opensshKeys();
  const port = await freePort();
  const hostKeys = ["rsa", "ecdsa", "ed25519"].map((type) => `HostKey ${file(type)}\n`).join("");
  writeFileSync(
    file("config"),
    `ListenAddress 127.0.0.1:${port}\nListenAddress [::1]:${port}
${hostKeys}HostCertificate ${file("ed25519-cert.pub")}
PidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nLogLevel ${level}\n`,
  );
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = start([commandPath("sshd"), "-D", "-e", "-f", file("config")]);
  try {
    await waitUntil(`port ${port} answers`, () => answers(port));
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}\n${server.stderr.text}`, { cause: error });
  }
  return { port, file, log: () => server.stderr.text, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** By a connection that is reset, which sshd does not log. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.resetAndDestroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

testWith(
  ["sshd", "ssh-keyscan", "fairlead"],
  "a probe agrees with ssh's own tools, and leaves no error in sshd's log",
  async () => {
    await using sshd = await startServer("ERROR");
    const found = await document(`127.0.0.1:${sshd.port}`);
    expect(found.keys.map(({ type, signature, certificate }) => [type, signature, certificate?.id ?? null])).toEqual([
      ["ED25519", "valid", null],
      ["ECDSA", "valid", null],
      ["RSA", "valid", null],
      ["ED25519", "valid", "one host"],
    ]);
    expect([found.failure, found.identification.line.startsWith("SSH-2.0-OpenSSH_")]).toEqual([null, true]);
    const text = await must([binary, "probe", `[::1]:${sshd.port}`]);
    for (const name of ["rsa", "ecdsa", "ed25519"]) {
      const [bits, print] = (await must(["ssh-keygen", "-l", "-f", sshd.file(`${name}.pub`)])).split(" ");
      expect(text).toContain(`  ${bits} ${print} (${name.toUpperCase()}) signed with `);
    }
    // Before ssh-keyscan comes, which is not as careful.
    expect(sshd.log()).toBe("");
    await agreed(sshd.port);
    expect(lines((await probe(`127.0.0.1:${sshd.port}`, "--sshfp")).stdout)).toEqual(await scanned(sshd.port, "-D"));
  },
);

testWith(["sshd", "fairlead"], "sshd reads at each key that the probe goes, and nothing else", async () => {
  await using sshd = await startServer("VERBOSE");
  const from = sshd.log().length;
  const found = await document(`localhost:${sshd.port}`);
  expect(found.keys.length).toBe(4);
  const read = (): string[] =>
    sshd
      .log()
      .slice(from)
      .split("\n")
      .map((line) => line.trim().replaceAll(/port \d+/g, "port N"))
      .filter((line) => line !== "" && !line.startsWith("Connection from "));
  await waitUntil("sshd has written of four clients", () => read().length >= 2 * found.keys.length);
  const said = read();
  const address = said[0]?.includes("::1") === true ? "::1" : "127.0.0.1";
  const [received, disconnected] = [
    `Received disconnect from ${address} port N:11: probed by fairlead [preauth]`,
    `Disconnected from ${address} port N [preauth]`,
  ];
  expect(said).toEqual(found.keys.flatMap(() => [received, disconnected]));
});

for (const name of ["dropbear", "tinysshd", "asyncssh", "ssh2"] as const) {
  const server = servers[name];
  if (server === undefined) throw new Error(name);
  testWith(
    [...server.needs, "ssh-keyscan", "puttygen", "dropbearconvert", "fairlead"],
    `a probe of ${name}`,
    async () => {
      await using running = await server.start((await otherKeys()).made);
      const found = await agreed(running.port);
      expect(found.keys.length).toBe(name === "dropbear" ? 2 : 1);
    },
  );
}

testWith(["sshd", "fairlead"], "a header is sent first where that is asked for", async () => {
  await using sshd = await startServer("ERROR");
  const port = await freePort();
  await using forwarder = await startForwarder(`listen ssh
    bind 127.0.0.1:${port} accept-proxy
    server one 127.0.0.1:${sshd.port}
`);
  expect((await probe(`127.0.0.1:${port}`, "--send-proxy")).code).toBe(0);
  await forwarder.line(/^127\.0\.0\.1:\d+ .* ssh ssh\/one /);
  const without = await probe(`127.0.0.1:${sshd.port}`, "--send-proxy");
  expect([without.code, without.stderr]).toEqual([
    1,
    expect.stringContaining("the server could not read what it was sent first: does it expect a PROXY header"),
  ]);
});

testWith(["fairlead"], "nobody there", async () => {
  const port = await freePort();
  const { code, stdout, stderr } = await probe(`127.0.0.1:${port}`, "--timeout", "2s");
  expect([code, stdout, stderr]).toEqual([
    1,
    "",
    expect.stringContaining(`probe 127.0.0.1:${port}: Connection refused`),
  ]);
  expect((await probe("no-such-name.invalid", "--json")).code).toBe(1);
});
