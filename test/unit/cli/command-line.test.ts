import { describe, expect, test } from "bun:test";
import { takeCommandLine } from "../../../src/cli/commands.ts";
import { forwardConfiguration } from "../../../src/cli/forward.ts";
import { parseMasterAddress } from "../../../src/cli/master-address.ts";
import { defaultOptions, type Options, parseOptions } from "../../../src/cli/options.ts";

function options(line: string): Partial<Options> | { text: string | null } {
  const found = parseOptions(line.split(" ").filter(Boolean));
  if (!("files" in found)) return found;
  return Object.fromEntries(
    Object.entries(found).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaultOptions[name as keyof Options]),
    ),
  );
}

describe("HAProxy's flags", () => {
  test("files, repeated and after --", () =>
    expect(options("-f a -c -f b -- c -d")).toEqual({ files: ["a", "b", "c", "-d"], check: true }));
  test("as service managers pass them", () =>
    expect(options("-Ws -f a -p /run/x.pid -S /run/m.sock,mode,600 -q")).toEqual({
      masterWorker: true,
      systemd: true,
      files: ["a"],
      pidfile: "/run/x.pid",
      masterSockets: ["/run/m.sock,mode,600"],
      quiet: true,
    }));
  test("as test drivers pass them", () =>
    expect(options("-d -dM -dI -dW -dS -de -m 256 -n 10 -N 5 -L me -C / -x /s -f a")).toEqual({
      debug: true,
      warningsAreErrors: true,
      noSplice: true,
      noEpoll: true,
      memoryMb: 256,
      maxconn: 10,
      proxyMaxconn: 5,
      localPeer: "me",
      directory: "/",
      files: ["a"],
    }));
  test("old processes", () =>
    expect(options("-f a -sf 12 13 -D")).toEqual({
      files: ["a"],
      oldPids: { signal: "SIGUSR1", pids: [12, 13] },
      daemon: true,
    }));
  test("no process group is ever signalled", () =>
    expect(options("-f a -st 0")).toEqual({ text: "'-st' expects process ids, not '0'" }));
  test("a value that is missing", () => expect(options("-c -f")).toEqual({ text: "'-f' needs a value" }));
  test("a number that is none", () =>
    expect(options("-n many")).toEqual({ text: "'-n' expects a number, not 'many'" }));
  test("an unknown flag", () =>
    expect(options("-dWW")).toEqual({ text: "unknown option '-dWW'; did you mean '-dW' maybe ?" }));
  test("a name that objects have anyway", () =>
    expect(options("constructor")).toEqual({ text: "unknown argument 'constructor'" }));
  test("--health with and without =", () => {
    expect(options("--health=off")).toEqual({ health: "off" });
    expect(options("--health 8404")).toEqual({ health: "8404" });
  });
  test("--health-name may be repeated", () => {
    expect(options("--health-name a --health-name=b.example")).toEqual({ healthNames: ["a", "b.example"] });
    expect(options("--health-name a:80")).toEqual({
      text: "'--health-name' expects a host name, without a port, not 'a:80'",
    });
  });
});

function take(line: string, environment: Record<string, string> = {}, name = "fairlead") {
  return takeCommandLine(line.split(" ").filter(Boolean), name, environment);
}

describe("commands", () => {
  test("nothing is the usage", async () => expect(await take("")).toEqual({ kind: "usage", text: null }));
  test("a check without a file is the usage", async () =>
    expect(await take("-c")).toEqual({ kind: "usage", text: null }));
  test("a near miss", async () =>
    expect(await take("forwrd 1 2")).toEqual({
      kind: "usage",
      text: "unknown command 'forwrd'; did you mean 'forward' maybe ?",
    }));
  test("a flag nobody knows", async () =>
    expect(await take("forward --send-prox 1 h:2")).toEqual({
      kind: "usage",
      text: "'forward': unknown option '--send-prox'; did you mean '--send-proxy' maybe ?",
    }));
  test("a flag given twice", async () =>
    expect(await take("status --health a --health b")).toEqual({
      kind: "usage",
      text: "'status': '--health' is given twice",
    }));
  test("an address in the wrong place", async () =>
    expect(await take("healthcheck 127.0.0.1:1")).toEqual({
      kind: "usage",
      text: "'healthcheck': unexpected argument '127.0.0.1:1'; did you mean '--health 127.0.0.1:1' maybe ?",
    }));
  test("a value that is the next option", async () =>
    expect(await take("healthcheck --health --ready")).toEqual({
      kind: "usage",
      text: "'healthcheck': '--health' needs a value",
    }));
  test("a command behind flags", async () =>
    expect(await take("-f a forward 22 h:1")).toEqual({
      kind: "usage",
      text: "the command 'forward' comes first, and takes none of the flags before it here",
    }));
  test("words after help and --version", async () => {
    expect(await take("help status x")).toEqual({ kind: "usage", text: "'help': unexpected argument 'x'" });
    expect(await take("--version x")).toEqual({ kind: "usage", text: "'--version': unexpected argument 'x'" });
  });
  test("reload takes the stats socket, the master socket or the file", async () => {
    const place = { kind: "socket", address: { kind: "unix", path: "/s" } };
    expect(await take("reload --socket /s")).toEqual({ kind: "reload", place } as never);
    expect(await take("reload -S /s,level,admin")).toEqual({ kind: "reload", place } as never);
    expect(await take("reload", { FAIRLEAD_CONFIG: "a" })).toEqual({
      kind: "reload",
      place: { kind: "file", file: "a" },
    });
    expect(await take("reload --socket /s -S /m")).toEqual({
      kind: "usage",
      text: "'reload': '-S', '--socket' and '-f' say the same; one is enough",
    });
    expect(await take("reload")).toMatchObject({ kind: "usage" });
  });
  test("top looks every two seconds, or as said", async () => {
    const place = { kind: "file", file: "a" } as const;
    const wish = { intervalMs: 2000, once: false, json: false };
    expect(await take("top -f a")).toEqual({ kind: "top", wish, place });
    expect(await take("top --once --interval=500ms -f a")).toEqual({
      kind: "top",
      wish: { ...wish, intervalMs: 500, once: true },
      place,
    });
    expect(await take("top --interval soon -f a")).toEqual({
      kind: "usage",
      text: "'top': '--interval' expects 200ms to 60m, like 2s, not 'soon'",
    });
  });
  test("init takes servers one by one", async () => {
    const wish = { listen: null, servers: null, out: "fairlead.cfg", socket: null, force: false, yes: false };
    expect(await take("init")).toEqual({ kind: "init", wish });
    expect(await take("init --server a:1 --listen=22 --server=b:2 --yes --force --out c --socket /s")).toEqual({
      kind: "init",
      wish: { listen: "22", servers: ["a:1", "b:2"], out: "c", socket: "/s", force: true, yes: true },
    });
    expect(await take("init --server a")).toEqual({
      kind: "usage",
      text: "'init': '--server': 'a' has no port: say which, as in a:22",
    });
    expect(await take("init --listen 1 --listen 2")).toEqual({
      kind: "usage",
      text: "'init': '--listen' is given twice",
    });
  });
  test("keywords takes one name, whatever words it has", async () => {
    expect(await take("keywords")).toEqual({ kind: "keywords", json: false, word: null });
    expect(await take("keywords timeout client --json")).toEqual({
      kind: "keywords",
      json: true,
      word: "timeout client",
    });
  });
  test("check takes files either way, and says it as JSON", async () => {
    const files = ["b", "c", "a"];
    expect(await take("check -f b --config=c a --json")).toEqual({
      kind: "check-json",
      options: { ...defaultOptions, files, check: true },
    });
    expect(await take("check -f b -f c a -V")).toEqual({
      kind: "run",
      options: { ...defaultOptions, files, check: true, verbose: true },
      text: null,
    });
    expect(await take("check --json")).toMatchObject({ kind: "usage" });
  });
  test("what process is to be asked is said by an option or by FAIRLEAD_CONFIG", async () => {
    const wish = { kind: "set", proxy: "ssh", text: "back at 14:00" };
    const set = "maintenance ssh on back at 14:00";
    expect(await take(`${set} --socket /s`)).toEqual({
      kind: "maintenance",
      wish,
      place: { kind: "socket", address: { kind: "unix", path: "/s" } },
    } as never);
    for (const [line, own] of [
      [`${set} -f a`, {}],
      [`maintenance -f a ssh on back at 14:00`, { FAIRLEAD_CONFIG: "b" }],
      [set, { FAIRLEAD_CONFIG: "a" }],
    ] as const)
      expect(await take(line, own)).toEqual({ kind: "maintenance", wish, place: { kind: "file", file: "a" } } as never);
    expect(await take(set)).toEqual({
      kind: "usage",
      text: "'maintenance' expects --socket SOCKET or -f FILE, which name the process's stats socket",
    });
    expect(await take("maintenance ssh -f a")).toMatchObject({ kind: "usage" });
  });
  test("a file without -f", async () =>
    expect(await take("-c a.cfg")).toEqual({
      kind: "usage",
      text: "unknown argument 'a.cfg'; a file is named after -f: -f a.cfg",
    }));
  test("no address of a health endpoint", async () => {
    for (const line of ["-f a --health x", "forward 1 h:2 --health x", "status --health x", "status --health off"])
      expect(await take(line)).toMatchObject({ kind: "usage", text: expect.stringContaining("'--health' expects ") });
    expect(await take("status", { FAIRLEAD_HEALTH: "x" })).toEqual({
      kind: "usage",
      text: "FAIRLEAD_HEALTH expects HOST:PORT or PORT, not 'x'",
    });
  });
  test("FAIRLEAD_HEALTH counts where the command line says nothing of it", async () => {
    const environment = { FAIRLEAD_HEALTH: "1.2.3.4:5" };
    expect(await take("status", environment)).toMatchObject({ address: "1.2.3.4:5" });
    expect(await take("-f a", environment)).toMatchObject({ options: { health: "1.2.3.4:5" } });
    expect(await take("-f a --health off", environment)).toMatchObject({ options: { health: "off" } });
    expect(await take("-f a", { FAIRLEAD_HEALTH: "" })).toMatchObject({ options: { health: null } });
  });
  test("names of the health endpoint come from everywhere", async () => {
    const environment = { FAIRLEAD_HEALTH_NAMES: "c, d e" };
    const names = async (line: string, own: Record<string, string> = environment) => {
      const intent = await take(line, own);
      return intent.kind === "run" ? intent.options.healthNames : intent;
    };
    expect(await names("-f a --health-name b")).toEqual(["b", "c", "d", "e"]);
    expect(await names("forward --health-name a 1 h:2 --health-name=b -- h:3", {})).toEqual(["a", "b"]);
    expect(await names("", { ...environment, FAIRLEAD_LISTEN: "22", FAIRLEAD_SERVER: "a:1" })).toEqual(["c", "d", "e"]);
    expect(await names("", { ...environment, FAIRLEAD_CONFIG: "a" })).toEqual(["c", "d", "e"]);
    expect(await names("-f a", { FAIRLEAD_HEALTH_NAMES: " ," })).toEqual([]);
    const wrong = "expects a host name, without a port, not '*'";
    expect(await names("-f a", { FAIRLEAD_HEALTH_NAMES: "a *" })).toEqual({
      kind: "usage",
      text: `FAIRLEAD_HEALTH_NAMES ${wrong}`,
    });
    expect(await names("forward --health-name * 1 h:2")).toEqual({
      kind: "usage",
      text: `'forward': '--health-name' ${wrong}`,
    });
  });
  test("healthcheck", async () =>
    expect(await take("healthcheck --ready")).toEqual({ kind: "healthcheck", address: null, path: "/readyz" }));
  test("several files", async () =>
    expect(await take("check a b")).toMatchObject({ kind: "run", options: { files: ["a", "b"], check: true } }));
  test("by environment", async () => {
    const intent = await take("", { FAIRLEAD_LISTEN: "22", FAIRLEAD_SERVER: "a:1, b:2" });
    expect(intent).toMatchObject({ kind: "run" });
    expect(intent.kind === "run" ? intent.text : "").toContain("bind :22\n");
    expect(await take("", { FAIRLEAD_LISTEN: "22" })).toEqual({
      kind: "usage",
      text: "FAIRLEAD_LISTEN and FAIRLEAD_SERVER must both be set",
    });
  });
  test("a switch by environment that is neither on nor off", async () => {
    const forward = { FAIRLEAD_LISTEN: "22", FAIRLEAD_SERVER: "a:1" };
    expect(await take("", { ...forward, FAIRLEAD_SEND_PROXY: "maybe" })).toEqual({
      kind: "usage",
      text: "FAIRLEAD_SEND_PROXY expects 1 or 0, not 'maybe'",
    });
    expect(await take("", { ...forward, FAIRLEAD_SEND_PROXY: "off" })).toEqual(await take("", forward));
  });
  test("a file by environment, unless there is something to forward", async () => {
    const config = { FAIRLEAD_CONFIG: "/a.cfg" };
    expect(await take("", config)).toMatchObject({
      kind: "run",
      text: null,
      options: { files: ["/a.cfg"], foreground: true, masterWorker: true },
    });
    const forward = { FAIRLEAD_LISTEN: "22", FAIRLEAD_SERVER: "a:1" };
    expect(await take("", { ...config, ...forward })).toEqual(await take("", forward));
    expect(await take("", { FAIRLEAD_CONFIG: "" })).toEqual({ kind: "usage", text: null });
  });
  test("under the name haproxy there are no commands", async () =>
    expect(await take("forward 1 h:2", {}, "haproxy")).toMatchObject({ kind: "usage" }));
  test("help has no colours", async () => {
    const intent = await take("help forward");
    expect(intent.kind === "help" ? intent.text : "").toContain("--send-proxy");
    expect(JSON.stringify(intent)).not.toContain("\\u001b");
  });
});

const base = { servers: ["h:22"], acceptProxy: false, sendProxy: false, maxconn: null };

/** What is wrong with the addresses, or "none". */
function wrong(listen: string, ...servers: string[]): string {
  const made = forwardConfiguration({ ...base, listen, servers });
  return "wrong" in made ? made.wrong : "none";
}

async function noEpoll(words: string): Promise<unknown> {
  const intent = await takeCommandLine(words.split(" "), "fairlead", {});
  return intent.kind === "run" ? intent.options.noEpoll : intent;
}

describe("forward", () => {
  test("an address cannot smuggle configuration in", () => {
    for (const listen of ["22\n    server x evil:1", ":22 accept-proxy", ':22"', "22#", ""])
      expect(forwardConfiguration({ ...base, listen })).toHaveProperty("wrong");
    expect(forwardConfiguration({ ...base, listen: "22", servers: ["h:1 backup"] })).toHaveProperty("wrong");
  });
  test("addresses without a port, or with none that there is, are refused", () => {
    expect(wrong("2204", "127.0.0.1")).toBe("'127.0.0.1' has no port: say which, as in 127.0.0.1:22");
    expect(wrong("2204", "a:22", "::1")).toBe("'::1' has no port: say which, as in [::1]:22");
    expect(wrong("127.0.0.1", "a:22")).toBe("'127.0.0.1' has no port: say which, as in 127.0.0.1:2222");
    for (const port of ["0", "65536", "30-20", "0-5"])
      expect(wrong(port, "a:22")).toBe(`'${port}' has no valid port: they go from 1 to 65535`);
    expect(wrong("22", "a:0")).toBe("'a:0' has no valid port: they go from 1 to 65535");
    expect(wrong("22", "a:22-23")).toBe("'a:22-23' has more ports than one");
    for (const server of ["22", ":22", "a:22,b:22", ""])
      expect(wrong("22", server)).toContain("is not a server's address");
    for (const listen of ["22", "22-25", "22,2222", ":22", "*:22", "[::1]:22", ":::22", "/run/s", "abns@s", "fd@3"])
      for (const server of ["a:22", "[::1]:22", "/run/t", "ipv4@a:22"])
        expect([listen, server, wrong(listen, server)]).toEqual([listen, server, "none"]);
  });
  test("bare ports, ranges and lists of them are of every address", () => {
    const made = forwardConfiguration({ ...base, listen: "22,2200-2203,127.0.0.1:23" });
    expect("text" in made ? made.text : "").toContain("    bind :22,:2200-2203,127.0.0.1:23\n");
  });
  test("-de", async () => {
    expect(await noEpoll("forward 22 a:22 -de")).toBe(true);
    expect(await noEpoll("forward -de 22 a:22 --health off")).toBe(true);
    expect(await noEpoll("forward 22 a:22")).toBe(false);
    expect(await noEpoll("forward 22 a:22 -d")).toMatchObject({ kind: "usage" });
  });
  test("several servers are checked", () => {
    const made = forwardConfiguration({ ...base, listen: "22", servers: ["a:1", "b:2"], sendProxy: true });
    expect("text" in made ? made.text : "").toContain(
      "    server server2 b:2 check inter 2s init-addr last,libc,none send-proxy\n",
    );
  });
});

test("master addresses", () => {
  expect(parseMasterAddress("/run/m.sock,mode,600,uid,5,severity-output,string")).toEqual({
    address: { kind: "unix", path: "/run/m.sock" },
    mode: 0o600,
    uid: 5,
    gid: null,
    level: "admin",
    severityOutput: "string",
  });
  expect(parseMasterAddress("127.0.0.1:0,level,user")).toMatchObject({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    level: "user",
  });
  expect(parseMasterAddress("/run/m.sock,moed,600")).toBeString();
  expect(parseMasterAddress("nosuch")).toBeString();
});
