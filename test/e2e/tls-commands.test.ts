/** Certificates that are replaced while clients come: by command, by a reload, and in a process without the right to read them. */
import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { certificate } from "../certificates.ts";
import { startForwarder } from "./forwarder.ts";
import { freePort, scratch, testWith, waitUntil } from "./harness.ts";
import { command, echoServer } from "./sockets.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const [first, second, third] = ["1", "2", "3"].map((n) =>
  certificate({ subject: `/CN=first ${n}`, names: "DNS:web.test" }),
) as [ReturnType<typeof certificate>, ReturnType<typeof certificate>, ReturnType<typeof certificate>];

const bothOf = ({ certificate: own, key }: typeof first): string => own + key;

/** One connection: what it was shown, and whether a byte came back through the server. */
function visit(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "web.test", rejectUnauthorized: false });
    let shown = "";
    socket.on("secureConnect", () => {
      shown = String(socket.getPeerCertificate().subject.CN);
      socket.write("x");
    });
    socket.on("data", () => socket.end());
    socket.on("error", reject);
    socket.on("close", () => resolve(shown));
  });
}

/** Clients one after the other, several at once, until it is stopped; it has what each was shown, and throws where one failed. */
function load(port: number): { readonly seen: string[]; stop(): Promise<void> } {
  const seen: string[] = [];
  const state = { isStopped: false };
  const client = async (): Promise<void> => {
    while (!state.isStopped && seen.length < 100_000) seen.push(await visit(port));
  };
  const clients = Array.from({ length: 8 }, client);
  const stop = async (): Promise<void> => {
    state.isStopped = true;
    await Promise.all(clients);
  };
  return { seen, stop };
}

function sections(port: number, file: string, server: number): string {
  return `frontend tcp
    bind 127.0.0.1:${port} ssl crt ${file}
    default_backend servers
backend servers
    server s1 127.0.0.1:${server}
`;
}

testWith(
  ["openssl", "curl"],
  "a certificate is committed, and files are reloaded, while clients come: none of them fails",
  async () => {
    using folder = scratch();
    const [file, socket, port] = [folder.file("web.pem"), folder.file("admin"), await freePort()];
    writeFileSync(file, bothOf(first));
    await using server = await echoServer();
    const global = `    stats socket ${socket} level admin\n`;
    await using forwarder = await startForwarder(sections(port, file, server.port), { global });
    // It lives on through all of it.
    const old = connect({ host: "127.0.0.1", port, servername: "web.test", rejectUnauthorized: false });
    await new Promise((resolve) => old.once("secureConnect", resolve));
    const clients = load(port);
    const sees = (name: string): Promise<unknown> =>
      waitUntil(`all are shown '${name}'`, () =>
        Promise.resolve(clients.seen.slice(-16).every((one) => one === name) && clients.seen.length > 32),
      );
    await sees("first 1");
    const set = await command(socket, `set ssl cert ${file} <<\n${bothOf(second)}\n`);
    expect(set).toBe(`Transaction created for certificate ${file}!\n\n`);
    expect(await visit(port)).toBe("first 1");
    expect(await command(socket, `commit ssl cert ${file}\n`)).toBe(`Committing ${file}.\nSuccess!\n\n`);
    expect(await visit(port)).toBe("first 2");
    await sees("first 2");
    // Files win, as where it is started anew.
    writeFileSync(file, bothOf(third));
    process.kill(forwarder.pid, "SIGUSR2");
    await sees("first 3");
    await clients.stop();
    expect([...new Set(clients.seen)]).toEqual(["first 1", "first 2", "first 3"]);
    old.write("still there");
    expect(String(await new Promise((resolve) => old.once("data", resolve)))).toBe("still there");
    old.destroy();
    const log = forwarder.process.stdout.text + forwarder.process.stderr.text;
    expect(log).not.toContain(second.key.split("\n")[1] ?? "");
    await forwarder.expectQuiet();
  },
);

testWith(["openssl", "curl"], "a certificate that has expired is served, and told of everywhere", async () => {
  using folder = scratch();
  const [file, port] = [folder.file("web.pem"), await freePort()];
  writeFileSync(file, bothOf(certificate({ subject: "/CN=old", time: "expired" })));
  await using server = await echoServer();
  await using forwarder = await startForwarder(sections(port, file, server.port));
  await forwarder.line(/The certificate '.*web\.pem' has expired on 2020-01-02\./);
  expect(await visit(port)).toBe("old");
  const sample = /^fairlead_certificate_days_left\{certificate=".*web\.pem"\} -\d{4}$/m;
  expect((await forwarder.page("/metrics")).body).toMatch(sample);
  const { certificates } = JSON.parse((await forwarder.page("/status")).body) as { certificates: unknown };
  const told = { name: file, notAfter: "2020-01-02T00:00:00.000Z", daysLeft: expect.any(Number) as unknown };
  expect(certificates).toEqual([told]);
});

testWith(
  ["root", "openssl", "curl"],
  "files that the serving process may not read are read anew at a reload",
  async () => {
    using folder = scratch();
    chmodSync(folder.path, 0o700);
    const [file, port] = [folder.file("web.pem"), await freePort()];
    writeFileSync(file, bothOf(first), { mode: 0o600 });
    await using server = await echoServer();
    const global = `    master-worker\n    user nobody\n    group nogroup\n    chroot ${folder.path}\n`;
    await using forwarder = await startForwarder(sections(port, file, server.port), { global });
    expect(await visit(port)).toBe("first 1");
    const clients = load(port);
    writeFileSync(file, bothOf(second), { mode: 0o600 });
    process.kill(forwarder.pid, "SIGUSR2");
    await waitUntil("the new certificate is shown", async () => (await visit(port)) === "first 2");
    await clients.stop();
    expect(new Set(clients.seen)).toEqual(new Set(["first 1", "first 2"]));
    // What cannot be read leaves everything as it is.
    writeFileSync(file, "rubbish\n", { mode: 0o600 });
    process.kill(forwarder.pid, "SIGUSR2");
    await forwarder.process.stderr.find(/unable to load certificate from file/);
    expect(await visit(port)).toBe("first 2");
  },
);
