/** `fairlead doctor` over set-ups that are broken in one way each, and over sound ones: real servers, real processes. */
import { afterAll, expect, setDefaultTimeout } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { parseBaseUrl } from "../../src/cli/doctor.ts";
import { type Examination, examine } from "../../src/service/doctor/doctor.ts";
import { examinationJson, examinationText } from "../../src/service/doctor/report.ts";
import { openRuntime } from "../../src/service/runtime/open-runtime.ts";
import { certificate } from "../certificates.ts";
import { binary, startForwarder } from "./forwarder.ts";
import { freePort, must, type Need, run, scratch, testWith } from "./harness.ts";
import { echoServer, serve } from "./sockets.ts";
import { type Sshd, startSshd } from "./sshd.ts";

setDefaultTimeout(60_000);

/** Two servers with a host key each, for all tests. */
let started: Promise<{ readonly one: Sshd; readonly two: Sshd }> | null = null;
function servers() {
  started ??= Promise.all([startSshd(), startSshd()]).then(([one, two]) => ({ one, two }));
  return started;
}
afterAll(async () => {
  if (started === null) return;
  const { one, two } = await started;
  await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
});

const runtime = openRuntime();

/** In the test's own process, which makes each look cheap. Findings of this machine itself are left out. */
async function doctor(file: string, baseUrl: string | null = null, health: string | null = "off") {
  const url = baseUrl === null ? null : parseBaseUrl(baseUrl);
  const request = { files: [file], baseUrl: url, json: false, timeoutMs: 5000, health };
  const found = await examine(request, await runtime);
  return { ...found, findings: found.findings.filter(({ id }) => id !== "clock-free" && id !== "base-url-name") };
}

/** What is to be found: severity, kind, the line's number, what is said of it, and what to type. */
type Expected = readonly [severity: string, id: string, line: number | null, what: RegExp, fix: RegExp | null];

function expectFound({ findings }: Examination, expected: readonly Expected[]): void {
  expect(
    findings.map(({ severity, id, position, fix, what }) => [severity, id, position?.line ?? null, what, fix]),
  ).toEqual(
    expected.map(([severity, id, line, what, fix]) => [
      severity,
      id,
      line,
      expect.stringMatching(what),
      fix === null ? null : expect.stringMatching(fix),
    ]),
  );
}

interface Stage {
  readonly one: number;
  readonly two: number;
  /** Free. */
  readonly port: number;
  readonly file: (name: string) => string;
}

interface Told {
  readonly config: string;
  readonly found: readonly Expected[];
  readonly baseUrl?: string;
  readonly health?: string;
}

/** A sound configuration of ten and some lines; what is put into it makes another of it. */
function configuration({
  global = "",
  bind,
  front = "option ssh",
  times = ["5s", "1h", "1h"],
  server,
  back = "",
  more = "",
}: {
  readonly global?: string;
  readonly bind: string;
  readonly front?: string;
  readonly times?: readonly [connect: string, client: string, server: string];
  readonly server: string;
  readonly back?: string;
  readonly more?: string;
}): string {
  return `global
    maxconn 100
    ${global}
defaults
    timeout connect ${times[0]}
    timeout client ${times[1]}
    timeout server ${times[2]}
frontend ssh
    bind ${bind}
    ${front}
    default_backend bitbucket
backend bitbucket
    server one ${server}
    ${back}
${more}`;
}

/** Declares one set-up. `prepare` starts what it needs and says what is to be found. */
function setUp(
  name: string,
  prepare: (stage: Stage, during: AsyncDisposableStack) => Promise<Told> | Told,
  needs: readonly Need[] = [],
): void {
  testWith(["sshd", "fairlead", ...needs], name, async () => {
    using folder = scratch();
    await using during = new AsyncDisposableStack();
    const { one, two } = await servers();
    const stage = { one: one.port, two: two.port, port: await freePort(), file: folder.file };
    const { config, found, baseUrl, health } = await prepare(stage, during);
    const file = folder.file("haproxy.cfg");
    writeFileSync(file, config);
    expectFound(await doctor(file, baseUrl, health), found);
  });
}

setUp("a port that another process has", ({ one, two, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port},127.0.0.1:${two}`, server: `127.0.0.1:${one}` }),
  found: [["error", "port-held", 9, new RegExp(`process \\d+ \\(sshd\\) has port ${two}$`), /^\$ sudo kill \d+$/]],
}));

setUp("a port that a fairlead of another file has", async ({ one, port, file }, during) => {
  // It shares its port with whoever asks for that.
  const other = during.use(
    await startForwarder(`listen ssh\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${one}\n`),
  );
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
    found: [
      [
        "error",
        "port-held",
        9,
        new RegExp(`process ${other.pid} \\(fairlead\\) has port ${port}$`),
        new RegExp(`^\\$ sudo fairlead -f ${file("haproxy.cfg")} -sf ${other.pid}$`),
      ],
    ],
  };
});

setUp("an address of another machine", ({ one, port }) => ({
  config: configuration({ bind: `192.0.2.1:${port}`, server: `127.0.0.1:${one}` }),
  found: [
    ["error", "address-unknown", 9, /no interface of this machine has that address/, new RegExp(`^bind :${port}$`)],
  ],
}));

setUp(
  "a chroot that is not there",
  ({ one, port, file }) => ({
    config: configuration({ global: `chroot ${file("none")}`, bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
    found: [["error", "chroot-folder", 3, /there is no such folder/, /^\$ sudo mkdir -p -m 0755 .*none$/]],
  }),
  ["root"],
);

setUp("a stats socket in a folder that is not there", ({ one, port, file }) => ({
  config: configuration({
    global: `stats socket ${file("none/admin.sock")} level admin`,
    bind: `127.0.0.1:${port}`,
    server: `127.0.0.1:${one}`,
  }),
  found: [["error", "socket-folder", 3, /there is no folder .*none for the socket/, /^\$ sudo mkdir -p .*none$/]],
}));

setUp("a stats socket where a file is", ({ one, port, file }) => {
  writeFileSync(file("admin.sock"), "mine");
  return {
    config: configuration({
      global: `stats socket ${file("admin.sock")}`,
      bind: `127.0.0.1:${port}`,
      server: `127.0.0.1:${one}`,
    }),
    found: [["error", "socket-path", 3, /is no socket but a file/, /^\$ sudo mv .*admin.sock .*admin.sock.old$/]],
  };
});

setUp("a pid file in a folder that is not there", ({ one, port, file }) => ({
  config: configuration({
    global: `daemon\n    pidfile ${file("none/fairlead.pid")}`,
    bind: `127.0.0.1:${port}`,
    server: `127.0.0.1:${one}`,
  }),
  found: [["error", "file-folder", 4, /there is no folder/, /^\$ sudo mkdir -p .*none$/]],
}));

setUp("more sessions than descriptors", ({ one, port }) => ({
  config: configuration({ global: "maxconn 900000000", bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  found: [
    [
      "warning",
      "descriptor-limit",
      3,
      /takes about 1800\d{6} descriptors, and the process may open \d+/,
      /^maxconn \d+$/,
    ],
  ],
}));

setUp("a server's name that leads nowhere", ({ one, port }) => ({
  config: configuration({
    bind: `127.0.0.1:${port}`,
    server: `127.0.0.1:${one}`,
    back: "server two no-such-name.invalid:7999",
  }),
  found: [
    [
      "error",
      "name-unresolved",
      14,
      /'bitbucket\/two': no-such-name.invalid:7999 has no address, so the process does not start/,
      /^server two no-such-name.invalid:7999 init-addr last,libc,none$/,
    ],
  ],
}));

setUp("a server that is not there", async ({ port }) => {
  const nobody = await freePort();
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${nobody}` }),
    found: [
      [
        "error",
        "server-unreached",
        13,
        /is not reached: Connection refused/,
        new RegExp(`^\\$ nc -vz 127.0.0.1 ${nobody}$`),
      ],
    ],
  };
});

setUp("a PROXY header for sshd, which knows none", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one} check send-proxy-v2` }),
  found: [
    [
      "error",
      "proxy-header",
      13,
      new RegExp(`it is sent a PROXY header, and 127.0.0.1:${one} does not expect one`),
      new RegExp(`^server one 127.0.0.1:${one} check$`),
    ],
  ],
}));

setUp("a server that waits for a PROXY header in vain", async ({ one, port }, during) => {
  const behind = await freePort();
  during.use(
    await startForwarder(`listen ssh\n    bind 127.0.0.1:${behind} accept-proxy\n    server one 127.0.0.1:${one}\n`),
  );
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${behind} check` }),
    found: [
      [
        "error",
        "proxy-header",
        13,
        /answers as SSH only behind a PROXY header of version 1/,
        new RegExp(`^server one 127.0.0.1:${behind} check send-proxy$`),
      ],
    ],
  };
});

setUp("a server that takes version 2 of the header alone", async ({ one, port }, during) => {
  const gate = during.use(
    await serve((client) =>
      client.once("data", (bytes) => {
        if (bytes[0] !== 0x0d) return client.end();
        const server = connect(one, "127.0.0.1");
        server.on("error", () => client.destroy());
        client.on("close", () => server.destroy());
        server.write(bytes.subarray(16 + bytes.readUInt16BE(14)));
        client.pipe(server).pipe(client);
      }),
    ),
  );
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${gate.port} send-proxy` }),
    found: [
      [
        "error",
        "proxy-header",
        13,
        /only takes version 2/,
        new RegExp(`^server one 127.0.0.1:${gate.port} send-proxy-v2$`),
      ],
    ],
  };
});

setUp("a web server where SSH is expected", async ({ port }, during) => {
  const web = during.use(
    await serve((client) =>
      client.once("data", () => client.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")),
    ),
  );
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${web.port}` }),
    found: [
      [
        "error",
        "not-ssh",
        13,
        /SSH is expected at .*HTTP\/1\.1 400/,
        new RegExp(`^\\$ fairlead probe 127.0.0.1:${web.port}$`),
      ],
    ],
  };
});

setUp("a server that has no time", async ({ port }, during) => {
  const full = during.use(await serve((client) => client.end("Exceeded MaxStartups\r\n")));
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${full.port}` }),
    found: [["warning", "server-busy", 13, /no room for more clients \("Exceeded MaxStartups"\)/, null]],
  };
});

setUp("an SSH server in mode http", async ({ one, port }) => ({
  config: configuration({
    bind: `127.0.0.1:${port}`,
    server: `127.0.0.1:${one}`,
    more: `listen web\n    mode http\n    bind 127.0.0.1:${await freePort()}\n    server one 127.0.0.1:${one}\n`,
  }),
  found: [["error", "ssh-in-http", 18, /an SSH server answers at .* and 'web' is in mode http/, /^mode tcp$/]],
}));

setUp("time-outs that cut idle sessions", ({ one, port }) => ({
  config: configuration({ times: ["5s", "50s", "10m"], bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  found: [
    ["warning", "timeout-short", 6, /idle are cut after 50s \('timeout client' of 'ssh'\)/, /^timeout client 1h$/],
    [
      "warning",
      "timeout-short",
      7,
      /silent are cut after 10m \('timeout server' of 'bitbucket'\)/,
      /^timeout server 1h$/,
    ],
  ],
}));

setUp("no time-out for connecting", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }).replace(/ *timeout connect.*\n/, ""),
  found: [["warning", "timeout-missing", 11, /'bitbucket' has no 'timeout connect'/, /^timeout connect 5s$/]],
}));

/** A listener with TLS beside SSH's. */
async function withTls({ one, port }: Stage, crt: string): Promise<string> {
  const web = `listen web\n    bind 127.0.0.1:${await freePort()} ssl ${crt}\n    server one 127.0.0.1:${one}\n`;
  return configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}`, more: web });
}

setUp(
  "a certificate that has expired",
  async (stage) => {
    const { bothFile } = certificate({ subject: "/CN=old.test", names: "DNS:old.test", time: "expired" });
    chmodSync(bothFile, 0o600);
    return {
      config: await withTls(stage, `crt ${bothFile}`),
      found: [["error", "certificate-expired", 16, /has expired on 2020-01-02/, /^\$ openssl x509 .* -in .*\.pem$/]],
    };
  },
  ["openssl"],
);

setUp(
  "a certificate that is served for a name of another",
  async (stage) => {
    const { bothFile } = certificate({ subject: "/CN=git.test", names: "DNS:git.test" });
    chmodSync(bothFile, 0o600);
    writeFileSync(stage.file("list"), `${bothFile} git.test\n${bothFile} bitbucket.test\n`);
    return {
      config: await withTls(stage, `crt-list ${stage.file("list")}`),
      found: [
        ["warning", "certificate-name", 2, /is served for bitbucket\.test, .*\(DNS:git\.test\)/, /\.pem git\.test$/],
      ],
    };
  },
  ["openssl"],
);

setUp(
  "a private key that everybody may read",
  async (stage) => {
    const { bothFile } = certificate({ subject: "/CN=open.test", names: "DNS:open.test" });
    chmodSync(bothFile, 0o644);
    return {
      config: await withTls(stage, `crt ${bothFile}`),
      found: [["warning", "key-rights", 16, /may be read by everybody/, /^\$ sudo chmod 600 .*\.pem$/]],
    };
  },
  ["openssl"],
);

setUp("servers with different host keys", ({ one, two, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}`, back: `server two 127.0.0.1:${two}` }),
  found: [
    ["error", "host-keys-differ", 14, /different ED25519 host keys: one SHA256:\S+, two SHA256:\S+; clients/, null],
  ],
}));

setUp("a server with another host key than the pinned one", ({ one, port }) => {
  const pin = `SHA256:${"A".repeat(43)}`;
  return {
    config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one} ssh-hostkey ${pin}` }),
    found: [
      [
        "error",
        "host-key-pin",
        13,
        /its host key is not pinned: SHA256:\S+ \(ED25519\)/,
        /^ssh-hostkey SHA256:\S{43}$/,
      ],
    ],
  };
});

setUp("a base URL that leads to somebody else", ({ one, two, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  baseUrl: `ssh://127.0.0.1:${two}`,
  found: [
    [
      "error",
      "base-url-elsewhere",
      null,
      /leads elsewhere: at 127\.0\.0\.1 answers SSH-2\.0-OpenSSH\S.* with ED25519 SHA256:\S+; the servers have ED25519 SHA256:\S+$/,
      new RegExp(`^plugin.ssh.baseurl=ssh://127.0.0.1:${port}$`),
    ],
  ],
}));

setUp("a base URL that leads past fairlead", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  baseUrl: `ssh://127.0.0.1:${one}/`,
  found: [
    ["warning", "base-url-past", null, /leads past fairlead: 127\.0\.0\.1 is a server itself/, /^plugin.ssh.baseurl=/],
  ],
}));

setUp("a base URL whose name leads nowhere", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  baseUrl: "ssh://no-such-name.invalid",
  found: [
    ["error", "base-url-unresolved", null, /^ssh:\/\/no-such-name\.invalid leads nowhere/, /^plugin.ssh.baseurl=/],
  ],
}));

setUp("an address that two frontends bind", ({ one, port }) => ({
  config: configuration({
    bind: `127.0.0.1:${port}`,
    server: `127.0.0.1:${one}`,
    more: `listen again\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${one}\n`,
  }),
  found: [["error", "bound-twice", 16, /listen 'again' and frontend 'ssh' \(.*:9\) both bind/, null]],
}));

setUp("a frontend in the health endpoint's place", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}` }),
  health: `127.0.0.1:${port}`,
  found: [
    [
      "error",
      "health-endpoint",
      9,
      /where the health endpoint listens/,
      new RegExp(`^\\$ fairlead -f .* --health 127.0.0.1:${port + 1}$`),
    ],
  ],
}));

setUp("a server that is the listener itself", async ({ port }) => {
  const nobody = `127.0.0.1:${port}`;
  return {
    config: configuration({ bind: nobody, server: nobody }),
    found: [
      ["error", "configuration", null, /clients would go round in a circle/, null],
      ["error", "server-unreached", 13, /Connection refused/, /nc -vz/],
    ],
  };
});

setUp("a line that is not understood", ({ one, port }) => ({
  config: configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one}`, back: "servr two 127.0.0.1:22" }),
  found: [["error", "configuration", null, /haproxy\.cfg:14\] : unknown keyword 'servr'/, null]],
}));

testWith(["sshd", "fairlead"], "a clock that is behind the file's", async () => {
  using folder = scratch();
  const { one } = await servers();
  const file = folder.file("haproxy.cfg");
  writeFileSync(file, configuration({ bind: `127.0.0.1:${await freePort()}`, server: `127.0.0.1:${one.port}` }));
  utimesSync(file, new Date(), new Date(Date.now() + 86_400_000));
  expectFound(await doctor(file), [
    ["warning", "clock-behind", null, /was written at .*: one of them is wrong/, /timedatectl/],
  ]);
});

const withoutRoot = [
  ..."setpriv --reuid=65534 --regid=65534 --clear-groups".split(" "),
  // To reach the program and the file, wherever they are.
  ..."--inh-caps=+dac_override --ambient-caps=+dac_override".split(" "),
];

testWith(["sshd", "fairlead", "root", "setpriv"], "a user who may not bind the port, nor give up rights", async () => {
  using folder = scratch();
  const { one } = await servers();
  const file = folder.file("haproxy.cfg");
  writeFileSync(file, configuration({ global: "user daemon", bind: "127.0.0.1:22", server: `127.0.0.1:${one.port}` }));
  const { code, stdout } = await run([...withoutRoot, binary, "doctor", "-f", file], {
    env: { FAIRLEAD_HEALTH: "off" },
  });
  expect([code, stdout]).toEqual([2, expect.stringContaining("SSH base URL\n  ssh://127.0.0.1  (frontend 'ssh'")]);
  expect(stdout.split("\n").filter((line) => line.startsWith("  error"))).toEqual([
    expect.stringMatching(/haproxy\.cfg:3 'user daemon' can only be done by root, and this is uid 65534/),
    expect.stringMatching(/haproxy\.cfg:9 .*ports below 1024 need root or CAP_NET_BIND_SERVICE/),
  ]);
});

setUp("sound: port 22 of Bitbucket's machine as the page has it", ({ one, port }) => ({
  config: configuration({ bind: `*:${port}`, server: `127.0.0.1:${one} check port ${one}` }),
  found: [],
}));

setUp("sound: a PROXY header that is waited for", async ({ one, port }, during) => {
  const behind = await freePort();
  during.use(
    await startForwarder(`listen ssh\n    bind 127.0.0.1:${behind} accept-proxy\n    server one 127.0.0.1:${one}\n`),
  );
  return {
    config: configuration({
      bind: `127.0.0.1:${port}`,
      server: `127.0.0.1:${behind} send-proxy-v2 check-send-proxy check`,
    }),
    found: [],
  };
});

setUp(
  "sound: TLS in front of SSH",
  ({ one, port }) => {
    const { bothFile } = certificate({ subject: "/CN=tls.test", names: "DNS:tls.test", algorithm: "ecdsa" });
    chmodSync(bothFile, 0o600);
    return {
      config: configuration({ bind: `127.0.0.1:${port} ssl crt ${bothFile}`, server: `127.0.0.1:${one}` }),
      found: [],
    };
  },
  ["openssl"],
);

setUp(
  "sound: rights that are given up",
  ({ one, port, file }) => {
    mkdirSync(file("root"), { mode: 0o755 });
    return {
      config: configuration({
        global: `user nobody\n    group nogroup\n    chroot ${file("root")}\n    stats socket ${file("admin.sock")} mode 600 level admin`,
        bind: `127.0.0.1:${port}`,
        server: `127.0.0.1:${one}`,
      }),
      found: [],
    };
  },
  ["root"],
);

setUp("sound: HTTP beside SSH, and an echo that is neither", async ({ one, port }, during) => {
  const web = during.use(
    await serve((client) => client.once("data", () => client.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))),
  );
  const echo = during.use(await echoServer());
  const [first, second] = [await freePort(), await freePort()];
  return {
    config: configuration({
      bind: `127.0.0.1:${port}`,
      server: `127.0.0.1:${one}`,
      more: `listen web
    mode http
    bind 127.0.0.1:${first}
    server one 127.0.0.1:${web.port}
listen other
    bind 127.0.0.1:${second}
    server one 127.0.0.1:${echo.port}
`,
    }),
    found: [],
  };
});

testWith(
  ["sshd", "fairlead"],
  "the process of these very files is told of, and a base URL that leads to it",
  async () => {
    const { one } = await servers();
    const port = await freePort();
    await using forwarder = await startForwarder(
      configuration({ bind: `127.0.0.1:${port}`, server: `127.0.0.1:${one.port}` }),
      {
        whole: true,
      },
    );
    const said = await forwarder.process.stderr.find(/SSH clients/);
    expect(said).toEndWith(`SSH clients come in by ssh://127.0.0.1:${port}.`);
    const found = await doctor(forwarder.file, `ssh://127.0.0.1:${port}`);
    expectFound(found, []);
    expect([found.running, found.baseUrl?.answers.map(({ leads }) => leads)]).toEqual([forwarder.pid, ["here"]]);
    const nobody = await freePort();
    expectFound(await doctor(forwarder.file, `ssh://127.0.0.1:${nobody}`), [
      ["error", "base-url-unanswered", null, /does not answer as SSH at 127\.0\.0\.1: Connection refused/, /^plugin/],
    ]);
    await forwarder.expectQuiet();
  },
);

testWith(
  ["fairlead"],
  "where SSH clients come in is not said to whom -q is given, and logged in the background",
  async () => {
    const port = await freePort();
    const sections = `listen ssh\n    bind 127.0.0.1:${port}\n    option ssh\n    server one 127.0.0.1:1\n`;
    {
      await using quiet = await startForwarder(sections, { arguments: ["-q"] });
      expect([quiet.process.stderr.text, quiet.process.stdout.text]).toEqual(["", ""]);
    }
    using folder = scratch();
    const pidfile = folder.file("pid");
    const heard = createSocket("udp4");
    const logged = new Promise<string>((resolve) => heard.once("message", (bytes) => resolve(bytes.toString())));
    await new Promise<void>((resolve) => heard.bind(0, "127.0.0.1", resolve));
    const file = folder.file("haproxy.cfg");
    writeFileSync(
      file,
      `global\n    pidfile ${pidfile}\n    log 127.0.0.1:${heard.address().port} format raw local0\n${configuration({ bind: `127.0.0.1:${port}`, server: "127.0.0.1:1" })}`,
    );
    try {
      await must([binary, "-D", "-f", file, "--health", "off"]);
      expect(await logged).toEndWith(`SSH clients come in by ssh://127.0.0.1:${port}.\n`);
    } finally {
      heard.close();
      process.kill(Number(readFileSync(pidfile, "utf8")), "SIGTERM");
    }
  },
);

testWith(["sshd", "fairlead"], "as text, as JSON, and its exit codes", async () => {
  using folder = scratch();
  const { one } = await servers();
  const file = folder.file("haproxy.cfg");
  const port = await freePort();
  writeFileSync(file, configuration({ bind: `:${port}`, server: `127.0.0.1:${one.port}` }));
  const env = { FAIRLEAD_HEALTH: "off", FAIRLEAD_CONFIG: file };
  const sound = await run([binary, "doctor"], { env });
  expect([sound.code, sound.stderr]).toEqual([0, ""]);
  expect(sound.stdout).toMatch(/\n {2}bitbucket\/one 127\.0\.0\.1:\d+: SSH-2\.0-OpenSSH.*, ED25519 SHA256:\S+\n/);
  expect(sound.stdout).toMatch(/\nsound(?: \(\d notes?\))?\n$/);
  const document = JSON.parse(await must([binary, "doctor", "-f", file, "--json"], { env })) as {
    readonly verdict: string;
    readonly baseUrls: readonly { readonly url: string }[];
    readonly servers: readonly object[];
  };
  expect(document).toMatchObject({
    verdict: "sound",
    baseUrls: [{ url: expect.stringMatching(new RegExp(`^ssh://\\S+:${port}$`)), file, line: 9, namedByMachine: true }],
    servers: [
      { backend: "bitbucket", server: "one", state: "ssh", header: "none", worksWith: "none", allKeysRead: true },
    ],
  });
  writeFileSync(file, readFileSync(file, "utf8").replace("client 1h", "client 1m"));
  expect((await run([binary, "doctor", "-f", file], { env })).code).toBe(1);
  expect((await run([binary, "doctor", "-f", folder.file("none.cfg")], { env })).code).toBe(2);
  const examination = await doctor(file);
  expect(JSON.parse(examinationJson(examination))).toMatchObject({
    verdict: "warnings",
    findings: [{ id: "timeout-short" }],
  });
  expect(examinationText(examination)).toContain(
    `  warning  ${file}:6 SSH sessions whose user is idle are cut after 1m`,
  );
});
