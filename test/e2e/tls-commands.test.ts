/** Certificates that are replaced while clients come: by command, by a reload, and in a process without the right to read them. */
import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { connect, type ConnectionOptions, createServer } from "node:tls";
import { certificate, revocations } from "../certificates.ts";
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
function visit(port: number, servername = "web.test"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false });
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

testWith(["openssl", "curl"], "who was revoked meanwhile is not let in by what was handed out before", async () => {
  using folder = scratch();
  const ca = certificate({ subject: "/CN=clients", isCa: true });
  const client = certificate({ subject: "/CN=alice", issuer: ca, isClient: true });
  const [web, authorities, crl, socket] = ["web.pem", "ca.pem", "ca.crl", "admin"].map((name) => folder.file(name)) as [
    string,
    string,
    string,
    string,
  ];
  writeFileSync(web, bothOf(first));
  writeFileSync(authorities, ca.certificate);
  writeFileSync(crl, revocations(ca, []));
  await using server = await echoServer();
  const port = await freePort();
  const words = `${web} ca-file ${authorities} crl-file ${crl} verify required`;
  const global = `    stats socket ${socket} level admin\n`;
  await using _forwarder = await startForwarder(sections(port, words, server.port), { global });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const own = { cert: client.certificate, key: client.key, maxVersion };
    const ask = async (payload: string): Promise<void> => {
      expect(await command(socket, `set ssl crl-file ${crl} <<\n${payload}\n`)).toContain("created");
      expect(await command(socket, `commit ssl crl-file ${crl}\n`)).toContain("Success!");
    };
    const before = await meet(port, own);
    expect([before.echoed, before.isResumed]).toEqual(["x", false]);
    const again = await meet(port, { ...own, session: before.session });
    expect([again.echoed, again.isResumed]).toEqual(["x", true]);
    await ask(revocations(ca, [client]));
    expect(await meet(port, { ...own, session: before.session })).toMatchObject({ echoed: "" });
    await ask(revocations(ca, []));
    expect(await meet(port, own)).toMatchObject({ echoed: "x" });
  }
});

/** A connection that says "x": what came back, and what it may be resumed with. */
function meet(
  port: number,
  own: ConnectionOptions,
): Promise<{ readonly echoed: string; readonly isResumed: boolean; readonly session?: Buffer }> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "web.test", rejectUnauthorized: false, ...own });
    let session: Buffer | undefined;
    let [echoed, isResumed] = ["", false];
    socket.on("session", (given: Buffer) => (session = given));
    socket.on("secureConnect", () => {
      isResumed = socket.isSessionReused();
      socket.write("x");
    });
    socket.on("data", (bytes: Buffer) => {
      echoed += String(bytes);
      socket.end();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ echoed, isResumed, ...(session === undefined ? {} : { session }) }));
  });
}

testWith(
  ["openssl", "curl"],
  "names come and go by a list, and a server is verified by what is committed",
  async () => {
    using folder = scratch();
    const [web, list, socket] = [folder.file("web.pem"), folder.file("list"), folder.file("admin")];
    writeFileSync(web, bothOf(first));
    writeFileSync(list, `${web}\n`);
    const more = certificate({ subject: "/CN=more", names: "DNS:more.test" });
    const origin = createServer({ cert: second.certificate, key: second.key }, (client) => client.pipe(client));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const port = await freePort();
    const text = `frontend tcp
    bind 127.0.0.1:${port} ssl crt-list ${list}
    default_backend servers
backend servers
    retries 0
    server s1 127.0.0.1:${(origin.address() as { port: number }).port} ssl verify required verifyhost web.test ca-file ${third.certificateFile}
`;
    const global = `    stats socket ${socket} level admin\n`;
    await using _forwarder = await startForwarder(text, { global });
    const ask = (said: string): Promise<string> => command(socket, `${said}\n`);
    const meets = { servername: "more.test" };
    expect(await meet(port, meets)).toMatchObject({ echoed: "" });
    await ask(`set ssl ca-file ${third.certificateFile} <<\n${second.certificate}`);
    expect(await ask(`commit ssl ca-file ${third.certificateFile}`)).toContain(".\nSuccess!");
    expect(await meet(port, meets)).toMatchObject({ echoed: "x" });
    expect(await visit(port, "more.test")).toBe("first 1");
    await ask("new ssl cert more");
    await ask(`set ssl cert more <<\n${bothOf(more)}`);
    await ask("commit ssl cert more");
    expect(await visit(port, "more.test")).toBe("first 1");
    expect(await ask(`add ssl crt-list ${list} more`)).toContain(".\nSuccess!");
    expect([await visit(port, "more.test"), await visit(port, "web.test")]).toEqual(["more", "first 1"]);
    expect(await ask(`del ssl crt-list ${list} more`)).toContain("deleted");
    expect(await visit(port, "more.test")).toBe("first 1");
    expect(await ask("del ssl cert more")).toContain("deleted");
    origin.close();
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
