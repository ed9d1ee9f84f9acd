/** TLS through the built program: openssl and curl as clients, HAProxy on either side, and clients that never finish a handshake. */
import { describe, expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { certificate } from "../certificates.ts";
import { type Forwarder, residentBytes, startForwarder } from "./forwarder.ts";
import { commandPath, freePort, must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readAll, serve } from "./sockets.ts";

const isSoak = process.env["SOAK"] === "1";
const total = Number(process.env["HANDSHAKES"] ?? (isSoak ? 100_000 : 2000));

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const web = certificate({ subject: "/CN=web.test", names: "DNS:web.test", issuer: authority });
const other = certificate({ subject: "/CN=other.test", names: "DNS:other.test,DNS:*.wild.test", issuer: authority });

/** A frontend of TLS for each mode, before a server that is spoken to in the clear. */
async function bothModes(
  server: number,
): Promise<{ readonly text: string; readonly tcp: number; readonly http: number }> {
  const [tcp, http] = [await freePort(), await freePort()];
  const certificates = `ssl crt ${web.bothFile} crt ${other.bothFile}`;
  const text = `frontend tcp
    bind 127.0.0.1:${tcp} ${certificates}
    default_backend servers
frontend http
    mode http
    option httplog
    bind 127.0.0.1:${http} ${certificates} alpn http/1.1
    http-request return status 200 content-type text/plain lf-string "%[ssl_fc_sni] %[ssl_fc_protocol] %[ssl_fc_alpn]"
backend servers
    server s1 127.0.0.1:${server}
`;
  return { text, tcp, http };
}

function sClient(port: number, ...more: string[]): string[] {
  return [
    "timeout",
    "10",
    "openssl",
    "s_client",
    "-connect",
    `127.0.0.1:${port}`,
    "-CAfile",
    authority.certificateFile,
    ...more,
  ];
}

testWith(["openssl", "curl"], "openssl and curl are served by name, version and mode", async () => {
  await using server = await serve((socket) => socket.once("data", () => socket.end("an answer\n")));
  const { text, tcp, http } = await bothModes(server.port);
  await using forwarder = await startForwarder(text);
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const words = sClient(tcp, "-servername", "a.wild.test", version, "-quiet", "-verify_return_error");
    expect(await must(words, { input: "a question\n" })).toBe("an answer\n");
  }
  await forwarder.line(/ tcp~ servers\/s1 .* 10 -- /);
  for (const [name, tls] of [
    ["web.test", "TLSv1.3"],
    ["other.test", "TLSv1.2"],
  ] as const) {
    const words = ["--cacert", authority.certificateFile, "--tls-max", tls.slice(-3), "--no-alpn"];
    const connectTo = ["--connect-to", `${name}:443:127.0.0.1:${http}`];
    expect(await must(["curl", "-sS", "-m", "10", ...words, ...connectTo, `https://${name}/`])).toBe(`${name} ${tls} `);
  }
  await forwarder.expectQuiet();
});

/** A client whose handshake is over, and the socket beneath it. */
async function openClient(
  port: number,
  maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3",
  more: ConnectionOptions = {},
): Promise<TLSSocket> {
  const client = connectTls({
    host: "127.0.0.1",
    port,
    ca: authority.certificate,
    servername: "web.test",
    maxVersion,
    allowHalfOpen: true,
    ...more,
  });
  client.on("error", () => undefined);
  await new Promise<void>((resolve) => client.once("secureConnect", resolve));
  return client;
}

testWith([], "a client that is done sending is still answered, in both versions", async () => {
  await using server = await serve((socket) => {
    let text = "";
    socket.on("data", (bytes) => (text += bytes.toString()));
    socket.on("end", () => socket.end(`${text.length} bytes`));
  });
  const { text, tcp } = await bothModes(server.port);
  await using forwarder = await startForwarder(text);
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const client = await openClient(tcp, version);
    let answer = "";
    client.on("data", (bytes: Buffer) => (answer += bytes.toString()));
    const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
    client.end("x".repeat(300_000));
    await ended;
    expect(answer).toBe("300000 bytes");
    await forwarder.line(/ tcp~ servers\/s1 .* 12 -- /);
    client.destroy();
  }
  await forwarder.expectQuiet();
});

testWith(["openssl"], "a client that would negotiate anew is not served any longer", async () => {
  await using echo = await echoServer();
  const { text, tcp } = await bothModes(echo.port);
  await using forwarder = await startForwarder(text);
  const { stderr, stdout } = await run(sClient(tcp, "-tls1_2"), { input: "R\nstill there\n" });
  expect(stdout).not.toContain("still there");
  expect(stderr).toMatch(/no renegotiation|RENEGOTIATING/);
  await forwarder.expectQuiet();
});

testWith([], "a client's reset goes on to the server, and a server's ends the client's connection", async () => {
  let resets = 0;
  await using server = await serve((socket) => {
    socket.on("error", () => (resets += 1));
    socket.on("data", (bytes) => {
      if (bytes.toString() === "cut") socket.resetAndDestroy();
      else socket.write("here");
    });
  });
  const { text, tcp } = await bothModes(server.port);
  await using forwarder = await startForwarder(text);
  const first = await openClient(tcp);
  first.write("stay");
  await new Promise<void>((resolve) => first.once("data", () => resolve()));
  first.resetAndDestroy();
  await waitUntil("the server is told", () => resets === 1);
  await forwarder.line(/ tcp~ servers\/s1 .* CD /);
  const second = await openClient(tcp);
  // HAProxy ends it with a FIN.
  second.on("end", () => second.end()).resume();
  const closed = new Promise<void>((resolve) => second.once("close", () => resolve()));
  second.write("cut");
  await closed;
  await forwarder.line(/ tcp~ servers\/s1 .* SD /);
  await forwarder.expectQuiet();
});

/** Servers that no session may have, by what is wrong, with how their line goes on and how the log tells of it. */
const wrong = [
  ["untrusted", `ssl ca-file ${other.certificateFile}`, "SC"],
  ["named", `ssl ca-file ${authority.certificateFile} verifyhost no.test`, "SC"],
  ["asked", `ssl ca-file ${authority.certificateFile} sni str(no.test)`, "SC"],
  ["clear", "ssl verify none", "SC"],
  ["mute", "ssl verify none", "sC"],
] as const;

testWith([], "a server that is another, says nothing or is in the clear gets no byte of a client's", async () => {
  await using clear = await serve((socket) => socket.end("in the clear\n"));
  const got: Buffer[] = [];
  await using mute = await serve((socket) => socket.on("data", (bytes) => got.push(bytes)));
  const secure = await freePort();
  const ports = await Promise.all(wrong.map(() => freePort()));
  const lines = wrong.map(([what, words], at) => {
    const port = what === "clear" ? clear.port : what === "mute" ? mute.port : secure;
    return `listen ${what}
    bind 127.0.0.1:${ports[at]}
    retries 1
    timeout connect 300ms
    server s1 127.0.0.1:${port} ${words}
`;
  });
  await using forwarder = await startForwarder(
    `${lines.join("")}frontend secure
    bind 127.0.0.1:${secure} ssl crt ${web.bothFile}
    default_backend echo
backend echo
    server s1 127.0.0.1:${clear.port}
`,
    // What would have any program of its runtime trust them.
    { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: authority.certificateFile } },
  );
  await Promise.all(
    wrong.map(async ([what, , letters], at) => {
      const client = await open(ports[at] as number);
      client.write("a secret");
      const { bytes } = await readAll(client);
      client.destroy();
      expect([what, bytes.toString()]).toEqual([what, ""]);
      // Log lines stand in the order of their ends.
      const line = new RegExp(` ${what} ${what}/s1 \\d+/-1/\\d+ 0 ${letters} \\d+/\\d+/\\d+/\\d+/1 0/0$`, "m");
      await waitUntil(`a line like ${String(line)}`, () => line.test(forwarder.process.stdout.text));
    }),
  );
  // Two hellos, and nothing else.
  expect(got.map((one) => one[0])).toEqual([22, 22]);
  await forwarder.expectQuiet();
});

testWith(
  ["fairlead"],
  "a reload serves a certificate that was renewed, and lets sessions go on and be resumed",
  async () => {
    using folder = scratch();
    const file = folder.file("renewed.pem");
    await Bun.write(file, Bun.file(other.bothFile));
    const renewed = certificate({ subject: "/CN=renewed", names: "DNS:other.test", issuer: authority });
    await using echo = await echoServer();
    const port = await freePort();
    await using forwarder = await startForwarder(`frontend tcp
    bind 127.0.0.1:${port} ssl crt ${web.bothFile} crt ${file}
    default_backend echo
backend echo
    server s1 127.0.0.1:${echo.port}
`);
    /** The common name that is served for a name. */
    const served = async (servername: string): Promise<string | undefined> => {
      const client = await openClient(port, "TLSv1.3", { servername });
      const { CN } = client.getPeerCertificate().subject;
      client.destroy();
      return CN;
    };
    const standing = await openClient(port);
    let session: Buffer | null = null;
    standing.once("session", (ticket: Buffer) => (session = ticket));
    let text = "";
    standing.on("data", (bytes: Buffer) => (text += bytes.toString()));
    standing.write("before");
    await waitUntil("a ticket and an answer", () => session !== null && text === "before");
    expect(await served("other.test")).toBe("other.test");
    await Bun.write(file, Bun.file(renewed.bothFile));
    forwarder.process.kill("SIGUSR2");
    await waitUntil("the renewed one is served", async () => (await served("other.test")) === "renewed");
    standing.write(" and behind");
    await waitUntil("it goes on", () => text === "before and behind");
    const again = await openClient(port, "TLSv1.3", { session: session ?? undefined });
    expect(again.isSessionReused()).toBeTrue();
    again.destroy();
    standing.destroy();
    await forwarder.expectQuiet();
  },
);

testWith(
  ["curl"],
  "a client's certificate counts by the authority that is named, whatever the environment trusts",
  async () => {
    const stranger = certificate({ subject: "/CN=Stranger CA", isCa: true });
    const [known, unknown] = [authority, stranger].map((issuer) =>
      certificate({ subject: "/CN=alice", issuer, isClient: true }),
    );
    const port = await freePort();
    await using forwarder = await startForwarder(
      `frontend mutual
    mode http
    option httplog
    bind 127.0.0.1:${port} ssl crt ${web.bothFile} ca-file ${authority.certificateFile} verify required
    http-request return status 200 content-type text/plain lf-string %[ssl_c_s_dn]
`,
      { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: stranger.certificateFile } },
    );
    const visit = async (tls: string, ...words: string[]): Promise<readonly unknown[]> => {
      const connectTo = ["--connect-to", `web.test:443:127.0.0.1:${port}`, "--cacert", authority.certificateFile];
      const command = ["curl", "-sS", "-m", "10", "--tls-max", tls, ...connectTo, ...words, "https://web.test/"];
      const { code, stdout } = await run(command);
      return [code === 0, stdout];
    };
    for (const tls of ["1.2", "1.3"]) {
      expect(await visit(tls, "--cert", known?.bothFile ?? "")).toEqual([true, "/CN=alice"]);
      expect(await visit(tls, "--cert", unknown?.bothFile ?? "")).toEqual([false, ""]);
      await forwarder.line(/ mutual\/1: SSL client (?:certificate not trusted|CA chain cannot be verified)$/);
      expect(await visit(tls)).toEqual([false, ""]);
      await forwarder.line(/ mutual\/1: SSL handshake failure$/);
    }
    await forwarder.expectQuiet();
  },
);

describe("beside HAProxy", () => {
  testWith(["haproxy", "curl"], "HAProxy speaks TLS with us, and we with HAProxy, PROXY header first", async () => {
    using folder = scratch();
    const [ours, theirs, theirTls] = [await freePort(), await freePort(), await freePort()];
    await Bun.write(
      folder.file("haproxy.cfg"),
      `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend theirs
    bind 127.0.0.1:${theirs}
    default_backend ours
backend ours
    server s1 127.0.0.1:${ours} ssl ca-file ${authority.certificateFile} sni str(web.test) send-proxy-v2
frontend tls
    bind 127.0.0.1:${theirTls} ssl crt ${other.bothFile} accept-proxy
    http-request return status 200 content-type text/plain lf-string "%[src] %[ssl_fc_sni] %[ssl_fc_is_resumed]"
`,
    );
    await using _ = start([commandPath("haproxy"), "-db", "-f", folder.file("haproxy.cfg")]);
    await using forwarder = await startForwarder(`frontend ours
    mode http
    option httplog
    bind 127.0.0.1:${ours} ssl crt ${web.bothFile} accept-proxy
    default_backend theirs
backend theirs
    mode http
    server s1 127.0.0.1:${theirTls} ssl ca-file ${authority.certificateFile} sni str(x.wild.test) send-proxy-v2
`);
    const seen = await waitUntil("an answer", async () => {
      const { code, stdout } = await run([
        "curl",
        "-sS",
        "-m",
        "5",
        "--interface",
        "127.0.0.5",
        `http://127.0.0.1:${theirs}/`,
      ]);
      return code === 0 && stdout.startsWith("127.") ? stdout : null;
    });
    expect(seen).toBe("127.0.0.5 x.wild.test 0");
    expect(await forwarder.line(/ ours~ theirs\/s1 /)).toMatch(/^127\.0\.0\.5:/);
    await waitUntil("another connection resumes", async () => {
      const again = await must(["curl", "-sS", "-m", "5", `http://127.0.0.1:${theirs}/`]);
      return again.endsWith(" x.wild.test 1");
    });
  });
});

/** The first bytes of a client of TLS. */
async function firstBytes(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  await using server = await serve((socket) => socket.once("data", resolve));
  const client = connectTls({ host: "127.0.0.1", port: server.port, servername: "web.test" });
  client.on("error", () => undefined);
  const bytes = await promise;
  client.destroy();
  return bytes;
}

/** Ten ways not to come to a session. */
const ways: readonly ((socket: Socket, hello: Buffer) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket, hello) => socket.end(hello.subarray(0, 40)),
  (socket, hello) => socket.write(hello.subarray(0, 40), () => socket.resetAndDestroy()),
  (socket, hello) => socket.end(hello),
  (socket, hello) => socket.write(hello, () => socket.resetAndDestroy()),
  (socket, hello) => socket.write(hello, () => socket.once("data", () => socket.resetAndDestroy())),
  (socket) => socket.end("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"),
  (socket) => socket.write(Buffer.concat([Buffer.of(22, 3, 1, 2, 0), Buffer.alloc(512, 7)])),
  (socket, hello) => socket.write(Buffer.concat([hello, Buffer.alloc(300, 9)])),
];

/** So many of each, some at a time. Resolves when all connections are gone. */
async function abort(port: number, hello: Buffer, count: number): Promise<void> {
  let begun = 0;
  const visit = async (): Promise<void> => {
    while (begun < count) {
      const way = ways[begun++ % ways.length] as (typeof ways)[number];
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      socket.once("connect", () => way(socket, hello));
      await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    }
  };
  await Promise.all(Array.from({ length: 20 }, visit));
}

async function expectNothingLeft(forwarder: Forwarder): Promise<void> {
  await waitUntil("no session", async () => (await forwarder.sessions()) === 0);
  await forwarder.expectQuiet();
}

testWith(
  ["curl"],
  `${total} handshakes that come to nothing leave nothing behind`,
  async () => {
    await using echo = await echoServer();
    const { text, tcp, http } = await bothModes(echo.port);
    await using forwarder = await startForwarder(text, {
      global: "    maxconn 500\n",
    });
    const hello = await firstBytes();
    await abort(tcp, hello, total / 4);
    await abort(http, hello, total / 4);
    await expectNothingLeft(forwarder);
    const before = residentBytes(forwarder.pid);
    await abort(tcp, hello, total / 4);
    await abort(http, hello, total / 4);
    await expectNothingLeft(forwarder);
    expect((residentBytes(forwarder.pid) - before) / 1_048_576).toBeLessThan(isSoak ? 30 : 16);
    const connectTo = ["--connect-to", `web.test:443:127.0.0.1:${http}`];
    expect(await must(["curl", "-sS", "--cacert", authority.certificateFile, ...connectTo, "https://web.test/"])).toBe(
      "web.test TLSv1.3 http/1.1",
    );
  },
  isSoak ? 600_000 : 60_000,
);
