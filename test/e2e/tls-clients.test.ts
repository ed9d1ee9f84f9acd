/** Other programs' TLS on either side, in the middle of a session: GnuTLS' client, and keys that OpenSSL renews. */
import { expect } from "bun:test";
import { certificate } from "../certificates.ts";
import { startForwarder } from "./forwarder.ts";
import { freePort, must, type Running, start, testWith, waitUntil } from "./harness.ts";
import { echoServer } from "./sockets.ts";

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const clients = certificate({ subject: "/CN=Clients CA", isCa: true });
const web = certificate({ subject: "/CN=web.test", names: "DNS:web.test", issuer: authority });
const alice = certificate({ subject: "/CN=alice", issuer: clients, isClient: true });
const rsa = certificate({ subject: "/CN=rsa.test", names: "DNS:rsa.test", issuer: authority, algorithm: "rsa" });

testWith(
  ["gnutls-cli"],
  "GnuTLS is served in both versions, shows who it is, resumes and renews its keys",
  async () => {
    await using echo = await echoServer();
    const port = await freePort();
    await using forwarder = await startForwarder(`listen tcp
    bind 127.0.0.1:${port} ssl crt ${web.bothFile} crt ${rsa.bothFile} verify required ca-file ${clients.certificateFile}
    log-format "%[ssl_fc_sni] %[ssl_fc_protocol] %[ssl_c_s_dn(CN)] %[ssl_c_verify] %[ssl_fc_is_resumed]"
    server s1 127.0.0.1:${echo.port}
`);
    const files = `--x509cafile ${authority.certificateFile} --x509certfile ${alice.certificateFile} --x509keyfile ${alice.keyFile}`;
    const ask = (name: string, priority: string, more = ""): Promise<string> => {
      const words = `gnutls-cli -p ${port} 127.0.0.1 ${files} --sni-hostname ${name} --verify-hostname ${name}`;
      const command = `timeout 10 ${words} --priority ${priority} ${more}`.trimEnd().split(" ");
      return must(command, { input: "one\n^rekey^\ntwo\n" });
    };
    const renews = "--inline-commands";
    expect(await ask("web.test", "NORMAL:-VERS-ALL:+VERS-TLS1.3", renews)).toMatch(/Rekey was completed\none\ntwo\n/);
    await forwarder.line(/^web.test TLSv1.3 alice 0 0$/);
    expect(await ask("rsa.test", "NORMAL:-VERS-ALL:+VERS-TLS1.2")).toContain("\none\n^rekey^\ntwo\n");
    await forwarder.line(/^rsa.test TLSv1.2 alice 0 0$/);
    await ask("web.test", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "--resume");
    await forwarder.line(/^web.test TLSv1.2 alice 0 1$/);
    await forwarder.expectQuiet();
  },
);

/** Has an end say a line, and waits until the other has it. */
async function says(from: Running, line: string, to: Running): Promise<void> {
  from.write(`${line}\n`);
  await to.stdout.find(new RegExp(`^${line}$`));
}

testWith(["openssl"], "either side renews its keys, and asks the other to, while lines go both ways", async () => {
  const [front, back] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${back}`;
  const words = ["stdbuf", "-oL", "openssl", "s_server", "-accept", address, "-cert", web.bothFile, "-tls1_3"];
  await using server = start(words);
  await server.stdout.find(/^ACCEPT/);
  await using forwarder = await startForwarder(`listen tcp
    bind 127.0.0.1:${front} ssl crt ${web.bothFile}
    server s1 127.0.0.1:${back} ssl ca-file ${authority.certificateFile} verifyhost web.test
`);
  await using client = start(["openssl", "s_client", "-connect", `127.0.0.1:${front}`, "-tls1_3"]);
  await says(client, "one", server);
  await says(server, "two", client);
  for (const [at, end] of [client, server].entries()) {
    const other = end === client ? server : client;
    const renewals = (): number =>
      (end.stdout.text + end.stderr.text).match(/^(KEYUPDATE|SSL_do_handshake)/gm)?.length ?? 0;
    // Small: only its own keys; capital: the other's as well.
    for (const [before, command] of ["k", "K"].entries()) {
      end.write(`${command}\n`);
      await waitUntil("it has renewed them", () => renewals() > before);
      await says(end, `after ${command} of ${at}`, other);
      await says(other, `answer to ${command} of ${at}`, end);
    }
  }
  client.endInput();
  await forwarder.line(/ tcp~ tcp\/s1 .* -- /);
  await forwarder.expectQuiet();
});
