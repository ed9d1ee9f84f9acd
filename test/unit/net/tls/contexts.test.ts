/** What is asked of `node:tls` when a context is made, seen from outside. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect, TLSSocket } from "node:tls";
import { EngineServerContext } from "../../../../src/net/tls/contexts.ts";
import { type ServerContextOptions, TlsOptionError } from "../../../../src/net/tls/secure.ts";
import {
  client,
  intermediate,
  intermediateRevocations,
  leaf,
  leafKey,
  root,
  rootRevocations,
} from "../../config/pem-files.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const usual: ServerContextOptions = {
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
};

/** A server that makes handshakes with a context, and what `ask` has to say of it. */
async function served<T>(
  options: Partial<ServerContextOptions>,
  greet: (socket: TLSSocket) => void,
  ask: (port: number) => Promise<T>,
): Promise<T> {
  const { secure } = new EngineServerContext({ ...usual, ...options });
  const requestCert = options.verify === "optional";
  const server = createServer((plain) => {
    const socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: secure,
      requestCert,
      rejectUnauthorized: false,
    });
    socket.on("error", () => {}).on("secure", () => greet(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    return await ask((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

test("clients are told for how long their session may be resumed", async () => {
  const said = await served(
    {},
    (socket) => socket.end(),
    async (port) => {
      const args = ["s_client", "-tls1_2", "-servername", "a.test", "-connect", `127.0.0.1:${port}`];
      const asked = spawn("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
      let text = "";
      asked.stdout.on("data", (bytes) => (text += String(bytes)));
      await once(asked, "close");
      return text;
    },
  );
  expect(/ticket lifetime hint: (\d+)/.exec(said)?.[1]).toBe("61");
});

test.each([
  ["no list", [], "true null"],
  ["a list of each who signed, in one text", [rootRevocations + intermediateRevocations], "true null"],
  ["with other blocks between", [`${intermediateRevocations}\n${root}${rootRevocations}`], "true null"],
  ["in two texts", [rootRevocations, intermediateRevocations], "true null"],
  ["one missing", [rootRevocations], "false UNABLE_TO_GET_CRL"],
  ["a text without any", [root], "false UNABLE_TO_GET_CRL"],
])("revocations: %s", async (_name, crl, verdict) => {
  const options = { verify: "optional" as const, ca: [intermediate + root], crl };
  const said = await served(
    options,
    (socket) => socket.end(`${socket.authorized} ${String(socket.authorizationError)}`),
    async (port) => {
      const asking = { port, host: "127.0.0.1", cert: leaf, key: leafKey, rejectUnauthorized: false };
      const socket = connect(asking);
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += String(bytes)));
      await once(socket, "close");
      return text;
    },
  );
  expect(said).toBe(verdict);
});

test("what is no list is told to be none", () => {
  expect(() => new EngineServerContext({ ...usual, crl: ["junk"] })).toThrow(TlsOptionError);
});
