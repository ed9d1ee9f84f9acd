/** What is asked of `node:tls` when a context is made, seen from outside. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect, TLSSocket } from "node:tls";
import {
  agreedProtocol,
  alpnBytes,
  EngineClientContext,
  EngineServerContext,
} from "../../../../src/net/tls/contexts.ts";
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
import { certificate } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";

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

const own = certificate({ subject: "/CN=one.test", names: "DNS:one.test" });
const other = certificate({ subject: "/CN=two.test", names: "DNS:two.test" });
const broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

function fault(options: Partial<ServerContextOptions>): unknown {
  try {
    const context = new EngineServerContext({ ...serverDefaults, identities: [own], ...options });
    return context.own.length === 0 ? "none of its own" : null;
  } catch (error) {
    if (error instanceof TlsOptionError && error.message !== "") return [error.part, error.index];
    throw error;
  }
}

test("a context says which of its options is of no use", () => {
  const verify = "required";
  const cases: readonly (readonly [Partial<ServerContextOptions>, unknown])[] = [
    [{}, null],
    [{ identities: [] }, ["identity", 0]],
    [{ identities: [own, { certificate: own.certificate, key: other.key }] }, ["identity", 1]],
    [{ identities: [{ certificate: broken, key: own.key }] }, ["identity", 0]],
    [{ identities: [{ certificate: own.certificate, key: "" }] }, ["identity", 0]],
    [{ ca: [own.certificate, broken], verify }, ["ca", 1]],
    [{ ca: [own.certificate], crl: ["nothing"], verify }, ["crl", 0]],
    [{ ciphers: "ECDHE+AESGCM" }, null],
    [{ ciphers: "NOPE" }, ["ciphers", 0]],
    [{ curves: "X25519:P-256" }, null],
    [{ curves: "NOPE" }, ["curves", 0]],
    [{ sigalgs: "ECDSA+SHA256:RSA-PSS+SHA256" }, null],
    [{ sigalgs: "NOPE" }, ["sigalgs", 0]],
    [{ minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, ["versions", 0]],
    [{ alpn: ["h2", ""] }, ["alpn", 1]],
    [{ alpn: ["a".repeat(256)] }, ["alpn", 0]],
  ];
  expect(cases.map(([options]) => fault(options))).toEqual(cases.map(([, expected]) => expected));
});

test("what the system trusts is there for clients", () => {
  expect(new EngineClientContext({ ...clientDefaults, ca: "system" }).own).toEqual([]);
});

test("protocols are written as a hello has them, and agreed on in our order", () => {
  expect(alpnBytes(["h2", "x"]).toString("latin1")).toBe("\x02h2\x01x");
  expect(agreedProtocol(["h2", "http/1.1"], ["http/1.1", "h2"])).toBe("h2");
  expect(agreedProtocol(["h2"], [])).toBeNull();
});
