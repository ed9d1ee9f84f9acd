/** SSH, TLS by name and plain HTTP on one port, by the recipes that are found everywhere. */
import { expect } from "bun:test";
import { connect, createServer, type Server } from "node:net";
import { clientHelloMessage, records, serverNameExtension } from "../unit/wire/tls/hello-bytes.ts";
import { startForwarder } from "./forwarder.ts";
import { freePort, testWith } from "./harness.ts";

/** A server that says its name to whoever comes. */
async function named(name: string): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    socket.end(`${name}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, server };
}

/** Sends `parts` one after the other, half a moment apart, and takes what comes back. */
function ask(port: number, parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
      const next = (index: number): void => {
        const part = parts[index];
        if (part !== undefined) socket.write(part, () => setTimeout(() => next(index + 1), 20));
      };
      next(0);
    });
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => (answer += part));
    socket.on("end", () => (socket.destroy(), resolve(answer)));
    socket.on("error", reject);
  });
}

function hello(name: string): Uint8Array {
  return records(clientHelloMessage(serverNameExtension(name)));
}

testWith(["curl"], "SSH, TLS and HTTP share a port", async () => {
  const servers = await Promise.all(["ssh", "git", "tls", "http", "other"].map(named));
  const [ssh, git, tls, http, other] = servers.map((one) => one.port);
  const port = await freePort();
  await using forwarder = await startForwarder(`
frontend shared
    bind 127.0.0.1:${port}
    tcp-request inspect-delay 2s
    acl is_ssh req.payload(0,7) -m bin 5353482d322e30
    acl is_http req.proto_http
    tcp-request content accept if is_ssh
    tcp-request content accept if { req.ssl_hello_type 1 }
    tcp-request content accept if HTTP
    use_backend ssh if is_ssh
    use_backend git if { req.ssl_sni -i git.example }
    use_backend tls if { req.ssl_hello_type 1 }
    use_backend http if is_http METH_GET
    default_backend other
backend ssh
    server s 127.0.0.1:${ssh}
backend git
    server s 127.0.0.1:${git}
backend tls
    server s 127.0.0.1:${tls}
backend http
    server s 127.0.0.1:${http}
backend other
    server s 127.0.0.1:${other}
`);
  expect({
    ssh: await ask(port, ["SSH-2.0-OpenSSH_9.2p1\r\n"]),
    git: await ask(port, [hello("git.example")]),
    tls: await ask(port, [hello("web.example").slice(0, 20), hello("web.example").slice(20)]),
    http: await ask(port, ["GET / HT", "TP/1.1\r\nHost: a\r\n", "\r\n"]),
    posted: await ask(port, ["POST / HTTP/1.1\r\nHost: a\r\n\r\n"]),
    other: await ask(port, ["EHLO example\r\n"]),
  }).toEqual({ ssh: "ssh\n", git: "git\n", tls: "tls\n", http: "http\n", posted: "other\n", other: "other\n" });
  await forwarder.expectQuiet();
  for (const { server } of servers) server.close();
});
