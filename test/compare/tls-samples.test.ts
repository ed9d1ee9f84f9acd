/** What samples, log lines and PROXY headers tell of TLS, by HAProxy and by this program of the same clients: OpenSSL's and raw ones. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { fetches } from "../../src/rules/fetches/fetches.ts";
import { parseProxyHeader } from "../../src/wire/proxy-protocol.ts";
import { certificate } from "../certificates.ts";
import { commandPath, freePort, run, type Running, scratch, start, waitUntil } from "../e2e/harness.ts";
import { takeReceiver } from "./log-receiver.ts";

setDefaultTimeout(60_000);

const ca = certificate({ subject: "/CN=Root/O=Test CA", isCa: true });
const inter = certificate({ subject: "/CN=Inter", issuer: ca, isCa: true });
const own = certificate({
  subject: "/CN=common.test/O=Server Org",
  names: "DNS:srv.test",
  algorithm: "rsa",
  issuer: ca,
});
const alice = certificate({ subject: "/CN=alice/O=Client, Org/OU=a/OU=b c", issuer: ca, isClient: true });
const below = certificate({ subject: "/CN=below", issuer: inter, isClient: true });
const expired = certificate({ subject: "/CN=expired", issuer: ca, isClient: true, time: "expired" });
const stranger = certificate({ subject: "/CN=stranger", isClient: true });

/** Engines tell no session's ID; who is asked in a request has no server yet. */
const untold = /^ssl_(?:fc_session_id|s_|bc)/;
const asked = [
  ...[...fetches.values()]
    .filter((row) => row.name.startsWith("ssl_") && !untold.test(row.name) && row.name !== "ssl_c_r_dn")
    .map((row) => row.name),
  ..."ssl_c_s_dn(CN) ssl_c_s_dn(OU,2) ssl_c_s_dn(OU,-2) ssl_c_s_dn(,0,rfc2253) ssl_c_i_dn(,0,rfc2253) ssl_fc_cipherlist_bin(1) ssl_fc_extlist_bin(1)".split(
    " ",
  ),
].toSorted();
const ofServers =
  "ssl_bc ssl_bc_alg_keysize ssl_bc_alpn ssl_bc_cipher ssl_bc_err ssl_bc_is_resumed ssl_bc_protocol ssl_bc_use_keysize ssl_s_der ssl_s_s_dn ssl_s_i_dn ssl_s_serial ssl_s_sha1 ssl_s_notafter ssl_s_key_alg ssl_s_sig_alg ssl_s_version".split(
    " ",
  );

/** Servers that are spoken TLS with, by name. */
const servers: readonly (readonly [string, string])[] = [
  ["trusted", `verify required ca-file ${ca.certificateFile} sni str(srv.test)`],
  ["untrusted", `verify required ca-file ${stranger.certificateFile} sni str(srv.test)`],
  ["name", `verify required ca-file ${ca.certificateFile} sni str(other.test)`],
  ["host", `verify required ca-file ${ca.certificateFile} verifyhost other.test`],
  ["clear", "verify none"],
];

/** The two libraries' own lists do not begin with the same. */
const suites = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256";

const fronts = [
  "tls",
  "plain",
  "logged",
  "loggedPlain",
  "inner",
  "innerPlain",
  "serversPlain",
  "routed",
  "routedPlain",
  "strict",
  "required",
  "old",
  "told",
  "toldPlain",
] as const;
type Front = (typeof fronts)[number];

const binaries = {
  haproxy: () => [commandPath("haproxy"), "-db"],
  fairlead: () => [
    process.env["FAIRLEAD"] ?? join(import.meta.dir, "../../dist/bin/fairlead"),
    "-db",
    "--health",
    "off",
  ],
};

class Side {
  readonly ports = new Map<Front, number>();
  readonly lines: readonly string[];
  readonly headers: Uint8Array[] = [];
  running: Running | null = null;

  constructor(
    readonly name: keyof typeof binaries,
    readonly folder: ReturnType<typeof scratch>,
    readonly receiver: Awaited<ReturnType<typeof takeReceiver>>,
  ) {
    this.lines = receiver.lines;
  }

  port(front: Front): number {
    return this.ports.get(front) ?? 0;
  }

  async start(open: AsyncDisposableStack): Promise<void> {
    const taker = createServer((socket) => this.#take(socket)).listen(0, "127.0.0.1");
    await once(taker, "listening");
    open.defer(() => void taker.close());
    for (const front of fronts) this.ports.set(front, await freePort());
    const { port: takerPort } = taker.address() as { port: number };
    const file = this.folder.file("case.cfg");
    await Bun.write(file, this.#configuration(takerPort));
    this.running = open.use(start([...binaries[this.name](), "-f", file]));
    const { running } = this;
    const ended = running.exited.then((code) => {
      throw new Error(`${this.name} ended with ${code}\n${running.stderr.text}`);
    });
    await Promise.race([ended, waitUntil("it listens", () => this.#isListening())]);
  }

  #take(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      this.headers.push(new Uint8Array(bytes));
      socket.end();
    });
  }

  #isListening(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port("plain"), "127.0.0.1", () => void resolve(socket.destroy() !== null));
      socket.on("error", () => resolve(false));
    });
  }

  #bind(front: Front, options = ""): string {
    const tls = front.toLowerCase().endsWith("plain") ? "" : ` ssl crt ${own.bothFile} ${options}`;
    return `    bind 127.0.0.1:${this.port(front)}${tls}\n`;
  }

  #backend(name: string, options: string): string {
    const port = this.port(name === "clear" ? "innerPlain" : "inner");
    return `backend to-${name}\n    retries 0\n    server s 127.0.0.1:${port} ssl ${options}\n`;
  }

  #configuration(taker: number): string {
    const lenient = `ca-file ${ca.certificateFile} verify optional crt-ignore-err all ca-ignore-err all alpn http/1.1 ciphers ${suites}`;
    const all = asked.map((name) => `${name}=%[${name},hex]`).join("\\n");
    const back = ofServers.map((name) => `${name}=%[${name},hex]`).join("|");
    const early =
      'error-log-format "%ft %[fc_err]/%[fc_err_str]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni] %[ssl_fc] %[ssl_c_verify] %[ssl_fc_has_crt] %[ssl_fc_err,hex] %sslv %sslc"';
    return `global
    tune.ssl.capture-buffer-size 4096
    log ${this.receiver.address} len 8192 format raw local0
defaults
    mode http
    log global
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend tls
    no log
${this.#bind("tls", lenient)}${this.#bind("plain")}    use_backend inner if { path /inner }
    use_backend clear if { path /clear }
    http-request return status 200 content-type text/plain lf-string "${all}\\n" if { path / }
backend inner
    http-response set-header x-back "${back}"
    server s 127.0.0.1:${this.port("inner")} ssl verify required ca-file ${ca.certificateFile} sni str(srv.test) alpn http/1.1
backend clear
    http-response set-header x-back "${back}"
    server s 127.0.0.1:${this.port("innerPlain")}
frontend logged
    option httpslog
${this.#bind("logged", lenient)}${this.#bind("loggedPlain")}    http-request return status 200
frontend routed
    mode tcp
    option tcplog
${this.#bind("routed")}${this.#bind("routedPlain")}    tcp-request content reject if !{ ssl_fc }
    use_backend named if { ssl_fc_sni -i srv.test }
    use_backend ended if { ssl_fc_sni_end .sub.test }
    default_backend other
${["named", "ended", "other"].map((name) => `backend ${name}\n    mode tcp\n    server s 127.0.0.1:${this.port("innerPlain")}\n`).join("")}frontend inner
    no log
${this.#bind("inner", `alpn http/1.1 ssl-max-ver TLSv1.2 ciphers ${suites}`)}${this.#bind("innerPlain")}    http-request return status 200
frontend servers
    log-format "%HU %tsc %[bc_err]/%[bc_err_str] %[ssl_bc] %[ssl_bc_err,hex] %[ssl_bc_protocol] %[ssl_s_s_dn]"
${this.#bind("serversPlain")}    use_backend to-%[path,regsub(/,,)]
${servers.map(([name, options]) => this.#backend(name, options)).join("")}frontend strict
    option httplog
    timeout client 1s
    ${early}
${this.#bind("strict", "strict-sni")}    http-request return status 200
frontend required
    option httplog
${this.#bind("required", `ca-file ${ca.certificateFile} verify required`)}    http-request return status 200
frontend old
    ${early}
${this.#bind("old", "ssl-max-ver TLSv1.2 ciphers ECDHE-RSA-AES256-GCM-SHA384")}    http-request return status 200
listen told
    mode tcp
    no log
${this.#bind("told", lenient)}${this.#bind("toldPlain")}    server s 127.0.0.1:${taker} send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority
`;
  }
}

const open = new AsyncDisposableStack();
let sides: readonly Side[] = [];
beforeAll(async () => {
  sides = await Promise.all(
    (["haproxy", "fairlead"] as const).map(async (name) => {
      const side = new Side(name, open.use(scratch()), open.use(await takeReceiver()));
      await side.start(open);
      return side;
    }),
  );
}, 60_000);
afterAll(() => open.disposeAsync());

const name = ["-servername", "Srv.test"];
const showing = (one: typeof alice, ...more: readonly string[]): string[] => [
  "-cert",
  one.certificateFile,
  "-key",
  one.keyFile,
  ...more,
];

/** What OpenSSL's client gets for a request of that path. */
async function ask(side: Side, front: Front, options: readonly string[], path = "/"): Promise<string> {
  const command = [
    "openssl",
    "s_client",
    "-connect",
    `127.0.0.1:${side.port(front)}`,
    "-ign_eof",
    "-quiet",
    ...options,
  ];
  const input = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  return (await run(command, { input, timeoutMs: 10_000 })).stdout;
}

/** What a client without TLS gets for it. */
async function askPlainly(side: Side, path: string, front: Front = "plain"): Promise<string> {
  const socket = connect(side.port(front), "127.0.0.1");
  let text = "";
  socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await closed(socket);
  return text;
}

/** The values by name, where there is one. */
function samplesIn(answer: string): Record<string, string> {
  const lines = answer.split("\n").map((line) => line.trim().split("="));
  return Object.fromEntries(lines.filter(([name = "", value]) => name.startsWith("ssl_") && value !== ""));
}

/** Both sides' next line of the log behind `before`, without what differs from run to run. */
async function nextLine(side: Side, before: number): Promise<string> {
  const line = await waitUntil(`${side.name} logs`, () => side.lines[before] ?? null);
  return line
    .trimEnd()
    .replace(/127\.0\.0\.1:\d+/, "<client>")
    .replace(/\[[^\]]*\]/, "[date]")
    .replace(/ (?:-?\d+\/){4}-?\d+ (\d+) \d+ /, " <times> $1 <bytes> ")
    .replace(/ (?:-?\d+\/){2}-?\d+ \d+ (?=\S\S )/, " <times> <bytes> ")
    .replace(/ \d+(\/\d+\/\d+\/\d+\/\d+ \d+\/\d+ )/, " <all>$1");
}

async function both<Value>(seen: (side: Side) => Promise<Value>): Promise<Value[]> {
  return Promise.all(sides.map((side) => seen(side)));
}

describe("samples of a client's handshake", () => {
  const rows: Record<string, readonly string[]> = {
    "a full one, with a name": name,
    "without a name": ["-noservername"],
    "TLS 1.2": [...name, "-tls1_2"],
    "a protocol is agreed on": [...name, "-alpn", "h2,http/1.1"],
    "a certificate": [...name, ...showing(alice)],
    "a certificate and what is above it": [...name, ...showing(below, "-cert_chain", inter.certificateFile)],
    "a certificate without what is above it": [...name, ...showing(below)],
    "one that has expired": [...name, ...showing(expired)],
    "one that nobody knows": [...name, ...showing(stranger)],
    "few ciphers": [...name, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
  };
  test.each(Object.keys(rows))("%s", async (row) => {
    const [wanted, seen] = await both(async (side) => samplesIn(await ask(side, "tls", rows[row] ?? [])));
    expect(Object.keys(wanted ?? {}).length).toBeGreaterThan(20);
    expect<unknown>(seen).toEqual(wanted);
  });

  test.each(["-tls1_2", "-tls1_3"])("one that is resumed, %s", async (version) => {
    const [wanted, seen] = await both(async (side) => {
      const file = side.folder.file(`session${version}`);
      const options = [...name, version, ...showing(alice)];
      await ask(side, "tls", [...options, "-sess_out", file]);
      return samplesIn(await ask(side, "tls", [...options, "-sess_in", file]));
    });
    expect(wanted?.["ssl_fc_is_resumed"]).toEndWith("1");
    expect<unknown>(seen).toEqual(wanted);
  });

  test("a client without TLS", async () => {
    const [wanted, seen] = await both(async (side) => samplesIn(await askPlainly(side, "/")));
    expect(Object.keys(wanted ?? {})).toEqual(["ssl_fc", "ssl_fc_has_sni", "ssl_fc_is_resumed"]);
    expect<unknown>(seen).toEqual(wanted);
  });
});

test.each(["/inner", "/clear"])("samples of a server's connection: %s", async (path) => {
  const [wanted, seen] = await both(async (side) => /x-back: (.*)/.exec(await askPlainly(side, path))?.[1]?.split("|"));
  expect(wanted).toHaveLength(ofServers.length);
  expect<unknown>(seen).toEqual(wanted);
});

/** However it was closed. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

/** Sends raw bytes and perhaps FIN; waits for the other side's end. */
async function send(side: Side, front: Front, text: string, end: "FIN" | "wait"): Promise<void> {
  const socket = connect(side.port(front), "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  if (text !== "") socket.write(text, "latin1");
  if (end === "FIN") socket.end();
  await closed(socket);
}

describe("log lines", () => {
  const rows: Record<string, (side: Side) => Promise<unknown>> = {
    "option httpslog": (side) => ask(side, "logged", name),
    "option httpslog, with a certificate that is let pass": (side) =>
      ask(side, "logged", [...name, ...showing(expired)]),
    "option httpslog, without TLS": (side) => askPlainly(side, "/", "loggedPlain"),
    "error-log-format: no certificate for that name": (side) => ask(side, "strict", ["-servername", "other.test"]),
    "a certificate's common name counts as well": (side) => ask(side, "strict", ["-servername", "common.test"]),
    "error-log-format: no cipher in common": (side) =>
      ask(side, "old", [...name, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]),
    "error-log-format: nothing, and FIN": (side) => send(side, "strict", "", "FIN"),
    "error-log-format: half a hello, and FIN": (side) => send(side, "strict", "\x16\x03\x01\x02", "FIN"),
    "error-log-format: half a hello, and nothing": (side) => send(side, "strict", "\x16\x03\x01\x02", "wait"),
    "error-log-format: HTTP": (side) => send(side, "strict", "GET / HTTP/1.0\r\n\r\n", "wait"),
    "error-log-format: SSH": (side) => send(side, "strict", "SSH-2.0-OpenSSH_9.2\r\n", "wait"),
    "a way by name": (side) => ask(side, "routed", name),
    "a way by a name's end": (side) => ask(side, "routed", ["-servername", "a.sub.test"]),
    "a way without a name": (side) => ask(side, "routed", ["-noservername"]),
    "no way without TLS": (side) => askPlainly(side, "/", "routedPlain"),
    "the short line: no certificate": (side) => ask(side, "required", name),
    "the short line: one that nobody knows": (side) => ask(side, "required", [...name, ...showing(stranger)]),
    "the short line: one that has expired": (side) => ask(side, "required", [...name, ...showing(expired)]),
    ...Object.fromEntries(
      servers.map(([name]) => [
        `a server's handshake: ${name}`,
        (side: Side) => askPlainly(side, `/${name}`, "serversPlain"),
      ]),
    ),
    "a session's line": (side) => ask(side, "required", [...name, ...showing(alice)]),
  };
  test.each(Object.keys(rows))("%s", async (row) => {
    const [wanted, seen] = await both(async (side) => {
      const before = side.lines.length;
      await rows[row]?.(side);
      return nextLine(side, before);
    });
    expect<unknown>(seen).toBe(wanted);
  });
});

/** The fields of the header that a meeting brings. */
async function toldOf(side: Side, meet: () => Promise<unknown>): Promise<unknown> {
  const before = side.headers.length;
  await meet();
  const bytes = await waitUntil("a header", () => side.headers[before] ?? null);
  const parse = parseProxyHeader(bytes);
  if (parse.state !== "header") return parse.state;
  return parse.header.tlvs.map(({ type, value }) => [type, Buffer.from(value).toString("latin1")]);
}

describe("PROXY headers", () => {
  const rows: Record<string, readonly string[]> = {
    "no certificate": name,
    "a certificate": [...name, ...showing(alice), "-alpn", "http/1.1"],
    "one that has expired": ["-noservername", ...showing(expired)],
    "one that nobody knows": ["-noservername", ...showing(stranger)],
    "without what is above it": [...name, ...showing(below)],
  };
  test.each(Object.keys(rows))("%s", async (row) => {
    const [wanted, seen] = await both((side) => toldOf(side, () => ask(side, "told", rows[row] ?? [])));
    expect<unknown>(seen).toEqual(wanted);
  });
  test("a session that is resumed", async () => {
    const [wanted, seen] = await both(async (side) => {
      const file = side.folder.file("told-session");
      const options = [...name, "-tls1_2", ...showing(alice)];
      await toldOf(side, () => ask(side, "told", [...options, "-sess_out", file]));
      return toldOf(side, () => ask(side, "told", [...options, "-sess_in", file]));
    });
    expect<unknown>(seen).toEqual(wanted);
  });
  test("no TLS", async () => {
    const [wanted, seen] = await both((side) => toldOf(side, () => send(side, "toldPlain", "x", "FIN")));
    expect<unknown>(seen).toEqual(wanted);
  });
});
