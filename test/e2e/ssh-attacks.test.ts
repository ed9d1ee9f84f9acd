/** SSH as nobody meant it to be used, and beside everything else that a file may have: read along, and passed on as it came. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { certificate } from "../certificates.ts";
import { isAlive, freePort, freePorts, must, run, scratch, testWith, waitUntil } from "./harness.ts";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { open, readAll, readBytes, serve } from "./sockets.ts";
import { firstFlight } from "./ssh-software/packets.ts";
import { sshThrough, startSshd, user } from "./sshd.ts";

const isSoak = process.env["SOAK"] === "1";

const told = `option ssh
    log-format "%f client={%[ssh.client.ident]} server={%[ssh.server.ident]} kex={%[ssh.kex]} %ts"
`;

const clientLine = "SSH-2.0-OpenSSH_9.9 attacker";
const serverLine = "SSH-2.0-OpenSSH_9.8";
const chosen = "kex={curve25519-sha256}";

/** Reads all of a client's and answers with `answer` as soon as there is one. */
function answering(answer: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.write(answer);
    socket.on("end", () => socket.end()).resume();
  };
}

/** A real session's, of whichever listener. */
function lineOf(listener: string): RegExp {
  const client = "SSH-2\\.0-OpenSSH_\\S+( [^}]*)?";
  return new RegExp(`^${listener} client=\\{${client}\\} server=\\{OpenSSH\\} kex=\\{curve25519-sha256\\} --$`);
}

/** No two are the same, in software, version and lists. */
function scanner(index: number): Buffer {
  const software = [...String(index)].map((digit) => "abcdefghij"[Number(digit)]).join("");
  return firstFlight(`SSH-2.0-scanner-${software}_${index}.0`, { kex: `kex-${index},curve25519-sha256` });
}

for (const option of ["", "    option splice-auto\n"]) {
  const how = option === "" ? "copied" : "spliced";

  testWith(
    ["curl", "fairlead"],
    `${how}: a client's bytes one by one, and a server's hundred lines first`,
    async () => {
      const preamble = Array.from({ length: 100 }, (_, line) => `line ${line} before it\r\n`).join("");
      const answer = Buffer.concat([Buffer.from(preamble), firstFlight(serverLine)]);
      const received: Buffer[] = [];
      await using server = await serve((socket) => {
        socket.on("data", (bytes: Buffer) => received.push(bytes));
        answering(answer)(socket);
      });
      const port = await freePort();
      await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${port}
    ${told}${option}    server one 127.0.0.1:${server.port}
`);
      const sent = Buffer.concat([firstFlight(clientLine), Buffer.from("and data at once")]);
      const client = await open(port);
      client.setNoDelay(true);
      const read = readAll(client);
      for (const byte of sent) {
        await new Promise<void>((resolve) => client.write(Buffer.of(byte), () => setImmediate(resolve)));
      }
      client.end();
      expect((await read).bytes.equals(answer)).toBe(true);
      expect(Buffer.concat(received).equals(sent)).toBe(true);
      await forwarder.line(new RegExp(`^in client=\\{${clientLine}\\} server=\\{${serverLine}\\} ${chosen} --$`));
      await forwarder.expectQuiet();
    },
  );

  testWith(["curl", "fairlead"], `${how}: all at once, and half-closed behind the identification`, async () => {
    const received: string[] = [];
    await using server = await serve((socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
      socket.on("end", () => {
        received.push(text);
        socket.end(firstFlight(serverLine));
      });
    });
    const port = await freePort();
    await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${port}
    ${told}${option}    server one 127.0.0.1:${server.port}
`);
    const flights = [
      Buffer.from(`${clientLine}\r\n`),
      Buffer.from(clientLine),
      Buffer.concat([firstFlight(clientLine), Buffer.alloc(100_000, "d")]),
      Buffer.alloc(0),
    ];
    for (const flight of flights) {
      const client = await open(port);
      const read = readAll(client);
      client.end(flight);
      expect((await read).bytes.equals(firstFlight(serverLine))).toBe(true);
      expect(received.pop()).toBe(flight.toString("latin1"));
    }
    await waitUntil("four lines", () => forwarder.process.stdout.all.length === flights.length);
    expect(forwarder.process.stdout.all.toSorted()).toEqual(
      [
        `in client={${clientLine}} server={${serverLine}} kex={-} --`,
        `in client={-} server={${serverLine}} kex={-} --`,
        `in client={${clientLine}} server={${serverLine}} ${chosen} --`,
        `in client={-} server={${serverLine}} kex={-} --`,
      ].toSorted(),
    );
    await forwarder.expectQuiet();
  });
}

testWith(
  ["sshd", "ssh", "ssh-keyscan", "socat", "openssl", "curl", "fairlead"],
  "TLS, unix sockets, PROXY and HTTP in one file",
  async () => {
    await using sshd = await startSshd();
    await using web = await serve((socket) => socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\n\r\nweb\n")));
    using folder = scratch();
    const [plain = 0, tls = 0, http = 0, strict = 0] = await freePorts(4);
    const path = folder.file("in");
    const next = folder.file("next");
    const { bothFile } = certificate({ subject: "/CN=localhost" });
    await using forwarder = await startForwarder(`listen web
    mode http
    bind 127.0.0.1:${http}
    server one 127.0.0.1:${web.port}
defaults
    mode tcp
    log global
    option ssh
    log-format "%f client={%[ssh.client.ident]} server={%[ssh.server.software]} kex={%[ssh.kex]} %ts"
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen plain
    bind 127.0.0.1:${plain}
    server next unix@${next} send-proxy-v2
listen tls
    bind 127.0.0.1:${tls} ssl crt ${bothFile}
    server next unix@${next} send-proxy
listen path
    bind unix@${path}
    server next unix@${next} send-proxy-v2
listen next
    bind unix@${next} accept-proxy
    server one 127.0.0.1:${sshd.port}
listen strict
    bind 127.0.0.1:${strict}
    tcp-request inspect-delay 1s
    tcp-request content set-var(txn.version) ssh.client.version
    tcp-request content reject if !{ ssh.client.software OpenSSH }
    log-format "%f client={%[ssh.client.version]} early={%[var(txn.version)]} %ts"
    server one 127.0.0.1:${sshd.port}
`);
    const through = async (command: string): Promise<string> =>
      must([...sshd.client, "-o", `ProxyCommand=${command}`, `${user}@anywhere`, "echo through"]);
    const ways: [string, Promise<string>][] = [
      ["plain", sshThrough(sshd, "127.0.0.1", plain, "echo through")],
      ["tls", through(`openssl s_client -quiet -connect 127.0.0.1:${tls} 2>/dev/null`)],
      ["path", through(`socat -t 10 - UNIX-CONNECT:${path}`)],
      ["strict", sshThrough(sshd, "127.0.0.1", strict, "echo through")],
    ];
    for (const [, way] of ways) expect(await way).toBe("through\n");
    for (const name of ["plain", "tls", "path", "next"]) await forwarder.line(lineOf(name));
    await waitUntil(
      "three sessions of the second hop",
      () => forwarder.process.stdout.all.filter((one) => lineOf("next").test(one)).length === 3,
    );
    await forwarder.line(/^strict client=\{(\S+)\} early=\{\1\} --$/);
    expect(await must(["curl", "-s", `http://127.0.0.1:${http}/`])).toBe("web\n");
    // It says nothing before the server does: nothing can be known of it by then.
    const scanned = await run(["ssh-keyscan", "-T", "5", "-t", "ed25519", "-p", String(plain), "127.0.0.1"]);
    expect(scanned.stdout).toContain("ssh-ed25519 ");
    await forwarder.expectQuiet();
  },
);

testWith(["curl", "fairlead"], "hundreds of scanners in a second, each with lists of its own", async () => {
  const count = isSoak ? 5000 : 500;
  const answer = firstFlight(serverLine);
  await using server = await serve((socket) => answering(answer)(socket));
  const port = await freePort();
  await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${port}
    ${told}    server one 127.0.0.1:${server.port}
`);
  const before = residentBytes(forwarder.pid);
  let served = 0;
  const visit = async (flight: Buffer): Promise<void> => {
    const client = await open(port);
    client.write(flight);
    const bytes = await readBytes(client, answer.length);
    if (bytes.equals(answer)) served++;
    client.end();
    await readAll(client);
  };
  const clients = Array.from({ length: count }, (_, index) => visit(scanner(index)));
  await Promise.all(clients);
  await visit(firstFlight(clientLine));
  expect(served).toBe(count + 1);
  await forwarder.expectQuiet();
  await waitUntil("all lines", () => forwarder.process.stdout.all.length === count + 1);
  // Whoever comes after them is not lost among them.
  const rows = (await forwarder.page("/metrics")).body.match(/^fairlead_ssh_sessions_total\{.*$/gm) ?? [];
  expect(rows).toContain('fairlead_ssh_sessions_total{proxy="in",side="client",software="OpenSSH"} 1');
  expect(rows.length).toBeWithin(60, 70);
  expect(residentBytes(forwarder.pid) - before).toBeLessThan(200 * 1024 * 1024);
  expect(isAlive(forwarder.pid)).toBe(true);
});

/** What a client does at first, and what rules know of it by then. */
const beginnings: readonly (readonly [string, (socket: Socket) => void, string])[] = [
  ["all at once", (socket) => socket.end(firstFlight(clientLine)), "OpenSSH"],
  ["a line in pieces", (socket) => inPieces(socket, ["SS", "H-2.0-slow_1", ".0\r", "\n"]), "slow"],
  ["half a line and its end", (socket) => socket.end("SSH-2.0-Open"), "-"],
  ["nothing and its end", (socket) => socket.end(), "-"],
  ["another protocol", (socket) => socket.end("GET / HTTP/1.1\r\n\r\n"), "-"],
  ["a line that never ends", (socket) => inPieces(socket, [`SSH-2.0-${"x".repeat(9000)}`, "x"]), "-"],
];

function inPieces(socket: Socket, pieces: readonly string[]): void {
  const [first = "", ...rest] = pieces;
  if (rest.length === 0) return void socket.end(first);
  socket.write(first);
  setTimeout(() => inPieces(socket, rest), 20);
}

testWith(
  ["curl", "fairlead"],
  "rules wait for a client's line no longer than it may still come, and a reload disturbs nobody",
  async () => {
    const answer = firstFlight(serverLine);
    await using server = await serve(answering(answer));
    const port = await freePort();
    await using forwarder = await startForwarder(`listen in
    bind 127.0.0.1:${port}
    tcp-request inspect-delay 30s
    tcp-request content set-var(sess.early) ssh.client.software
    log-format "early={%[var(sess.early)]} kex={%[ssh.kex]} %ts"
    server one 127.0.0.1:${server.port}
`);
    const begin = async (act: (socket: Socket) => void): Promise<Buffer> => {
      const client = await open(port);
      const read = readAll(client);
      act(client);
      return (await read).bytes;
    };
    for (const [what, act, software] of beginnings) {
      const seen = forwarder.process.stdout.all.length;
      expect({ what, isAnswer: (await begin(act)).equals(answer) }).toEqual({ what, isAnswer: true });
      await waitUntil(`${what}: its line`, () => forwarder.process.stdout.all.length > seen);
      expect({ what, line: forwarder.process.stdout.all[seen] }).toEqual({
        what,
        line: expect.stringMatching(new RegExp(`^early=\\{${software}\\} kex=\\{\\S+\\} --$`)),
      });
    }
    // One whose file has no word of SSH any more by the time it makes its offer.
    const client = await open(port);
    client.write(`${clientLine}\r\n`);
    expect((await readBytes(client, answer.length)).equals(answer)).toBe(true);
    const text = readFileSync(forwarder.file, "utf8");
    writeFileSync(forwarder.file, text.replace(/ {4}(?:tcp-request|log-format).*\n/g, ""));
    forwarder.process.kill("SIGUSR2");
    await forwarder.process.stderr.find(/Loading success/);
    client.end(firstFlight("").subarray(2));
    await forwarder.line(new RegExp(`^early=\\{OpenSSH\\} ${chosen} --$`));
    client.destroy();
    expect((await begin((socket) => socket.end(clientLine))).equals(answer)).toBe(true);
    await forwarder.line(/ in in\/one .* -- /);
    await forwarder.expectQuiet();
  },
);
