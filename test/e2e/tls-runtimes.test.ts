/** TLS by any runtime's `node:tls`: what `make test-runtimes` tries of it on Node and on Deno. */
import { expect } from "bun:test";
import { certificate, revocations } from "../certificates.ts";
import { binary, startForwarder } from "./forwarder.ts";
import { freePort, run, scratch, testWith } from "./harness.ts";
import { echoServer, open, readAll } from "./sockets.ts";

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const web = certificate({ subject: "/CN=web.test", names: "DNS:web.test", issuer: authority });
const alice = certificate({ subject: "/CN=alice", issuer: authority, isClient: true });
const gone = certificate({ subject: "/CN=gone", issuer: authority, isClient: true });
const stranger = certificate({ subject: "/CN=alice", isClient: true });
const isDeno = process.env["FORWARDER"]?.includes("deno") === true;

testWith(["curl"], "a client's certificate is asked for, and counts by who has signed it and revoked it", async () => {
  using folder = scratch();
  await Bun.write(folder.file("list.pem"), revocations(authority, [gone]));
  const [required, optional, revoking] = [await freePort(), await freePort(), await freePort()];
  const line = (port: number, words: string): string => {
    const text = `http-request return status 200 content-type text/plain lf-string "%[ssl_c_s_dn] %[ssl_fc_is_resumed]"`;
    const bind = `bind 127.0.0.1:${port} ssl crt ${web.bothFile} ca-file ${authority.certificateFile} verify ${words}`;
    return `frontend f${port}\n    mode http\n    ${bind}\n    ${text}\n`;
  };
  const list = ` crl-file ${folder.file("list.pem")}`;
  // Deno's does not heed the list.
  const sections = [line(required, "required"), line(optional, "optional")];
  if (!isDeno) sections.push(line(revoking, `required${list}`));
  await using forwarder = await startForwarder(sections.join(""));
  const visit = async (port: number, ...words: string[]): Promise<string | null> => {
    const connectTo = ["--connect-to", `web.test:443:127.0.0.1:${port}`, "--cacert", authority.certificateFile];
    const { code, stdout } = await run(["curl", "-sS", "-m", "10", ...connectTo, ...words, "https://web.test/"]);
    return code === 0 ? stdout : null;
  };
  const known = ["--cert", alice.bothFile];
  const seen = await Promise.all([
    visit(required, ...known),
    visit(required, "--cert", stranger.bothFile),
    visit(required),
    visit(optional),
    visit(optional, ...known),
    visit(optional, "--cert", stranger.bothFile),
  ]);
  expect(seen).toEqual(["/CN=alice 0", null, null, " 0", "/CN=alice 0", null]);
  if (!isDeno) {
    expect(await Promise.all([visit(revoking, ...known), visit(revoking, "--cert", gone.bothFile)])).toEqual([
      "/CN=alice 0",
      null,
    ]);
  }
  await forwarder.expectQuiet();
});

testWith([], "a session that is resumed with a server whose name is verified is served, and ends at once", async () => {
  await using echo = await echoServer();
  const [plain, secure] = [await freePort(), await freePort()];
  await using forwarder = await startForwarder(`frontend plain
    bind 127.0.0.1:${plain}
    default_backend secure
backend secure
    server s1 127.0.0.1:${secure} ssl ca-file ${authority.certificateFile} verifyhost web.test sni str(web.test)
frontend secure
    bind 127.0.0.1:${secure} ssl crt ${web.bothFile}
    default_backend echo
backend echo
    server s1 127.0.0.1:${echo.port}
`);
  for (let count = 0; count < 3; count += 1) {
    const client = await open(plain);
    const begun = performance.now();
    client.end("hello");
    expect((await readAll(client)).bytes.toString()).toBe("hello");
    expect(performance.now() - begun).toBeLessThan(4000);
    await forwarder.line(/ plain secure\/s1 .* 5 -- /);
  }
  await forwarder.expectQuiet();
});

if (isDeno) {
  testWith([], "what Deno's TLS does not heed is an error at the start, and of -c", async () => {
    using folder = scratch();
    await Bun.write(folder.file("list.pem"), revocations(authority, []));
    const verify = `ca-file ${authority.certificateFile} verify required crl-file ${folder.file("list.pem")}`;
    const file = folder.file("forward.cfg");
    const times = "timeout connect 1s\n timeout client 1s\n timeout server 1s\n";
    const bind = `bind 127.0.0.1:${await freePort()} ssl crt ${web.bothFile} ${verify}`;
    await Bun.write(file, `listen one\n ${times} ${bind}\n`);
    for (const more of [[], ["-c"]]) {
      const { code, stderr } = await run([binary, "-f", file, ...more]);
      const text = "'crl-file' would need TLS that heeds it, which Deno's does not.";
      expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
    }
  });
}
