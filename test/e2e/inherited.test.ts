/** Descriptors that a service manager opened: listening sockets that block, and what is no listening socket at all. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { AF_INET, setBlocking, SOCK_STREAM, socketCalls } from "../contract/kernel.ts";
import { binary } from "./forwarder.ts";
import { environment, scratch, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";

/** A listening socket as systemd hands it over: calls on it wait. */
function inherited(): { readonly fd: number; readonly port: number } & Disposable {
  const calls = socketCalls();
  if (calls === null) throw new Error("sockets of our own need libc");
  const fd = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(fd, { kind: "tcp", host: "127.0.0.1", port: 0 });
  calls.listen(fd, 100);
  setBlocking(fd);
  const address = calls.localAddress(fd);
  return { fd, port: address?.kind === "tcp" ? address.port : 0, [Symbol.dispose]: () => void calls.close(fd) };
}

/** Asks a command socket one thing. */
function command(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.end(text));
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => (answer += part));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

testWith(["fairlead"], "sockets that block stop nobody, and are taken again by a reload", async () => {
  using folder = scratch();
  await using echo = await echoServer();
  using listening = inherited();
  using cli = inherited();
  const file = folder.file("a.cfg");
  const configuration = (level: string, name: string): string => `
global
    stats socket fd@4 level ${level}
    stats socket ${folder.file("admin")} level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend ${name}
    bind fd@3
    default_backend be
backend be
    server s 127.0.0.1:${echo.port}
`;
  writeFileSync(file, configuration("user", "fe"));
  const child = Bun.spawn([binary, "-f", file, "--health", "off"], {
    stdio: ["ignore", "ignore", "pipe", listening.fd, cli.fd],
    env: environment,
  });
  const said = { text: "" };
  void (async () => {
    for await (const part of child.stderr) said.text += new TextDecoder().decode(part);
  })();
  try {
    for (const [round, level] of ["user", "operator"].entries()) {
      if (round > 0) {
        writeFileSync(file, configuration(level, "renamed"));
        child.kill("SIGUSR2");
      }
      await waitUntil(`level ${level}`, async () => (await command(cli.port, "show cli level\n")).includes(level));
      // All at once: whoever accepts goes on until nobody waits, and must then not wait itself.
      const clients = await Promise.all(Array.from({ length: 20 }, () => open(listening.port)));
      for (const client of clients) client.write("mine");
      const echoes = await Promise.all(clients.map((client) => readBytes(client, 4)));
      expect(echoes.map(String)).toEqual(clients.map(() => "mine"));
      for (const client of clients) client.destroy();
      expect(await command(cli.port, "show cli level\n")).toContain(level);
    }
    child.kill("SIGTERM");
    expect(await Promise.race([child.exited, Bun.sleep(5000).then(() => said.text)])).toBe(143);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});

testWith(["fairlead"], "a descriptor that cannot listen is told of by what it is", async () => {
  using folder = scratch();
  const calls = socketCalls();
  if (calls === null) throw new Error("sockets of our own need libc");
  const [one, other] = calls.pair(SOCK_STREAM) as readonly [number, number];
  const loose = calls.socket(AF_INET, SOCK_STREAM);
  const file = folder.file("a.cfg");
  const texts: string[] = [];
  for (const bind of ["bind fd@3", "bind fd@4"]) {
    writeFileSync(file, `frontend fe\n    mode tcp\n    timeout client 1m\n    ${bind}\n`);
    const child = Bun.spawn([binary, "-f", file, "--health", "off"], {
      stdio: ["ignore", "ignore", "pipe", one, loose],
      env: environment,
    });
    const [text, code] = await Promise.all([child.stderr.text(), child.exited]);
    expect(code).toBe(1);
    texts.push(/cannot bind socket \(([^)]*)\) for \[([^\]]*)\]/.exec(text)?.slice(1).join(", ") ?? text);
  }
  expect(texts).toEqual(["a connection, not a listening socket, fd@3", "a socket without an address, fd@4"]);
  for (const fd of [one, other, loose]) calls.close(fd);
});
