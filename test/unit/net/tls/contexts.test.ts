/** What is asked of `node:tls` when a context is made, seen from outside. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { TLSSocket } from "node:tls";
import { EngineServerContext } from "../../../../src/net/tls/contexts.ts";
import { client } from "../../config/pem-files.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("clients are told for how long their session may be resumed", async () => {
  const { secure } = new EngineServerContext({
    identities: [{ certificate: client, key: client }],
    ca: [],
    crl: [],
    verify: "none",
    forgiven: { certificate: [], ca: [] },
    preferServerCiphers: true,
    sessionSeconds: 61,
    ciphers: null,
    curves: null,
    sigalgs: null,
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    alpn: [],
    tickets: true,
  });
  const server = createServer((plain) => {
    const socket = new TLSSocket(plain, { isServer: true, secureContext: secure });
    socket.on("error", () => {}).on("secure", () => socket.end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const args = ["s_client", "-tls1_2", "-servername", "a.test", "-connect", `127.0.0.1:${port}`];
  const asked = spawn("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  asked.stdout.on("data", (bytes) => (said += String(bytes)));
  await once(asked, "close");
  server.close();
  expect(/ticket lifetime hint: (\d+)/.exec(said)?.[1]).toBe("61");
});
