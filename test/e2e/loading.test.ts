/** A reload from files to what runs: what is wrong changes nothing, and neither signals nor stops nor other reloads come between. */
import { describe, expect } from "bun:test";
import { closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { binary } from "./forwarder.ts";
import { freePort, must, type Need, run, type Running, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, type TestServer } from "./sockets.ts";

const own: readonly Need[] = ["fairlead"];

interface Stage extends AsyncDisposable {
  readonly file: string;
  readonly port: number;
  readonly health: string;
  readonly echo: TestServer;
  readonly running: Running;
  path(name: string): string;
  /** Writes the configuration; `binds` in place of the first address. */
  write(more: { readonly global?: string; readonly binds?: string; readonly sections?: string }): void;
  /** Reloads, and waits for word on how it went. */
  reload(): Promise<string>;
}

async function stage(more: Parameters<Stage["write"]>[0] = {}, words: readonly string[] = []): Promise<Stage> {
  const folder = scratch();
  const echo = await echoServer();
  const [port, healthPort] = [await freePort(), await freePort()];
  const health = `127.0.0.1:${healthPort}`;
  const file = folder.file("a.cfg");
  const write: Stage["write"] = ({ global = "", binds = "", sections = "" }) =>
    writeFileSync(
      file,
      `global\n    log stdout format raw local0\n${global}defaults\n    mode tcp\n    log global\n    timeout connect 5s\n    timeout client 1m\n` +
        `    timeout server 1m\nfrontend f\n    bind 127.0.0.1:${port}\n${binds}    default_backend b\nbackend b\n    server s 127.0.0.1:${echo.port}\n${sections}`,
    );
  write(more);
  const running = start([binary, "-W", "-f", file, "--health", health, ...words]);
  await waitUntil("it to serve", async () => (await accepts(port)) && (await accepts(healthPort)));
  const told = (): readonly string[] => running.stderr.all.filter((line) => /Loading (?:success|failed)/.test(line));
  return {
    file,
    port,
    health,
    echo,
    running,
    path: folder.file,
    write,
    async reload() {
      const before = told().length;
      running.kill("SIGUSR2");
      await waitUntil("word of the reload", () => told().length > before);
      return told()[before] ?? "";
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await echo[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

/** Sends lines to a command socket, half-closes, and takes what comes. */
function command(at: string | number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const where = typeof at === "number" ? { port: at, host: "127.0.0.1" } : { path: at };
    const socket = connect({ ...where, allowHalfOpen: true });
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => (answer += part));
    socket.on("end", () => (socket.end(), resolve(answer)));
    socket.on("error", reject);
    socket.end(text);
  });
}

/** Asks the health endpoint again and again until it is stopped, at the latest with its block; how often it was not answered. */
function watchHealth(address: string): Disposable & { stop(): Promise<{ asked: number; refused: number }> } {
  const port = Number(address.split(":")[1]);
  const counts = { asked: 0, refused: 0, isOver: false };
  const done = (async () => {
    while (!counts.isOver) {
      counts.asked += 1;
      if (!(await accepts(port))) counts.refused += 1;
      // Where nobody listens the answer comes at once, and nobody else would have a turn.
      await Bun.sleep(1);
    }
  })();
  return {
    async stop() {
      counts.isOver = true;
      await done;
      return counts;
    },
    [Symbol.dispose]: () => void (counts.isOver = true),
  };
}

/** What is said of a file, without the process's number. */
function diagnosticsOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => /config :|\^|^ {4}/.test(line));
  return lines.map((line) => line.replace(/\(\d+\)/, ""));
}

/** Waits until somebody reads a pipe; what is written is all that comes. */
async function readBy(pipe: string): Promise<{ write(text: string): void }> {
  const fd = await waitUntil("a reader", () => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
  return {
    write(text) {
      writeSync(fd, text);
      closeSync(fd);
    },
  };
}

/** A connection through the forwarder that has had an answer. */
async function session(port: number): Promise<{ ask(): Promise<string>; end(): void }> {
  const socket = await open(port);
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      socket.once("data", (bytes: Buffer) => resolve(String(bytes)));
      socket.write("hello");
    });
  expect(await ask()).toBe("hello");
  return { ask, end: () => socket.destroy() };
}

describe("how it went", () => {
  testWith(own, "is said once", async () => {
    await using place = await stage();
    expect(await place.reload()).toContain("Loading success.");
    place.write({ sections: "nonsense\n" });
    expect(await place.reload()).toContain("Loading failed, the former configuration goes on.");
    place.write({});
    expect(await place.reload()).toContain("Loading success.");
    // What one reload says is said before the next begins.
    const words = place.running.stderr.all.filter((line) => line.includes("Loading "));
    expect(words.map((line) => /Loading \w+/.exec(line)?.[0])).toEqual([
      "Loading success",
      "Loading failed",
      "Loading success",
    ]);
  });

  testWith(own, "what is wrong with a file is said as -c says it", async () => {
    await using place = await stage();
    place.write({ sections: "listen x\n    bindd 127.0.0.1:1\n    server s 127.0.0.1:1 chekc\n" });
    const checked = await run([binary, "-c", "-f", place.file]);
    await place.reload();
    const expected = diagnosticsOf(checked.stderr);
    expect(expected.length).toBeGreaterThan(2);
    expect(diagnosticsOf(place.running.stderr.text)).toEqual(expected);
  });

  testWith(own, "many signals at once are few reloads, and the last file runs", async () => {
    await using place = await stage();
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    for (const port of ports) {
      place.write({ binds: `    bind 127.0.0.1:${port}\n` });
      place.running.kill("SIGUSR2");
    }
    await waitUntil("the last one", () => accepts(ports.at(-1) ?? 0));
    expect(await place.reload()).toContain("Loading success.");
    const words = place.running.stderr.all.filter((line) => line.includes("Loading success."));
    expect(words.length).toBeLessThan(ports.length);
    expect(place.running.stderr.text).not.toContain("Loading failed");
  });
});

describe("the health endpoint", () => {
  testWith(own, "stays through reloads that fail, and steps aside only for a plan that runs", async () => {
    await using place = await stage();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", () => resolve()));
    const taken = (holder.address() as { port: number }).port;
    try {
      using watch = watchHealth(place.health);
      // Wants the endpoint's address, and another that cannot be had.
      place.write({ binds: `    bind ${place.health}\n    bind 127.0.0.1:${taken}\n` });
      expect(await place.reload()).toContain("Loading failed");
      place.write({ binds: `    bind ${place.health}\n`, sections: "nonsense\n" });
      expect(await place.reload()).toContain("Loading failed");
      const { asked, refused } = await watch.stop();
      expect(asked).toBeGreaterThan(0);
      expect(refused).toBe(0);
      expect(await must(["curl", "-s", "-m", "5", `http://${place.health}/healthz`])).toBe("ok\n");

      place.write({ binds: `    bind ${place.health}\n` });
      expect(await place.reload()).toContain("Loading success.");
      const through = await session(Number(place.health.split(":")[1]));
      through.end();

      place.write({});
      expect(await place.reload()).toContain("Loading success.");
      expect(await must(["curl", "-s", "-m", "5", `http://${place.health}/healthz`])).toBe("ok\n");
      expect(await must(["curl", "-s", "-m", "5", `http://${place.health}/metrics?scope=global`])).toContain(
        'fairlead_reloads_total{result="success"} 2\nfairlead_reloads_total{result="failure"} 2\n',
      );
    } finally {
      holder.close();
    }
  });
});

describe("a stop and a reload", () => {
  testWith(own, "once it stops nothing is reloaded, neither by a signal nor by the master socket", async () => {
    using folder = scratch();
    const master = folder.file("master");
    await using place = await stage({}, ["-S", master]);
    const client = await session(place.port);
    place.running.kill("SIGUSR1");
    await waitUntil("it to stop listening", async () => !(await accepts(place.port)));
    place.running.kill("SIGUSR2");
    await place.running.stderr.find(/Reload refused : the process is stopping\./);
    expect(await command(master, "reload\n")).toContain("Success=0");
    expect(await accepts(place.port)).toBe(false);
    expect(await client.ask()).toBe("hello");
    client.end();
    expect(await place.running.exited).toBe(0);
    expect(place.running.stderr.text).not.toContain("Loading");
  });

  testWith([...own, "mkfifo"], "a stop that comes while files are read leaves nothing open", async () => {
    await using place = await stage();
    const client = await session(place.port);
    const other = await freePort();
    place.write({ binds: `    bind 127.0.0.1:${other}\n` });
    const text = readFileSync(place.file, "utf8");
    // The reader waits for whoever writes.
    await must(["rm", place.file]);
    await must(["mkfifo", place.file]);
    place.running.kill("SIGUSR2");
    const pipe = await readBy(place.file);
    place.running.kill("SIGUSR1");
    await waitUntil("it to stop listening", async () => !(await accepts(place.port)));
    pipe.write(text);
    await place.running.stderr.find(/Reload abandoned : the process is stopping\./);
    expect({ old: await accepts(place.port), new: await accepts(other) }).toEqual({ old: false, new: false });
    expect(await client.ask()).toBe("hello");
    client.end();
    expect(await place.running.exited).toBe(0);
  });

  testWith([...own, "mkfifo"], "sessions go on while a reload waits for its file", async () => {
    await using place = await stage();
    const client = await session(place.port);
    const text = readFileSync(place.file, "utf8");
    await must(["rm", place.file]);
    await must(["mkfifo", place.file]);
    place.running.kill("SIGUSR2");
    const pipe = await readBy(place.file);
    for (let at = 0; at < 20; at += 1) expect(await client.ask()).toBe("hello");
    pipe.write(text);
    await place.running.stderr.find(/Loading success\./);
    expect(await client.ask()).toBe("hello");
    client.end();
  });
});

describe("command sockets over a reload", () => {
  testWith(own, "one that cannot be bound: nothing has changed", async () => {
    using folder = scratch();
    const [first, second] = [folder.file("first"), folder.file("second")];
    await using place = await stage({ global: `    stats socket ${first} level admin\n` });
    const other = await freePort();
    await waitUntil("its socket", () => command(first, "show version\n"));
    place.write({
      global: `    stats socket ${second}\n    stats socket ${folder.path}/none/there\n`,
      binds: `    bind 127.0.0.1:${other}\n`,
    });
    expect(await place.reload()).toContain("Loading failed");
    expect(place.running.stderr.text).toContain("cannot bind UNIX socket (No such file or directory)");
    expect({ old: await accepts(place.port), new: await accepts(other) }).toEqual({ old: true, new: false });
    expect(await command(first, "show cli sockets\n")).toBe(`# socket lvl processes\nunix@${first} admin all\n\n`);
    expect(await Bun.file(second).exists()).toBe(false);
  });

  testWith(own, "an address that cannot be bound leaves no new socket behind", async () => {
    using folder = scratch();
    const socket = folder.file("admin");
    await using place = await stage();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", () => resolve()));
    const { port } = holder.address() as { port: number };
    place.write({ global: `    stats socket ${socket}\n`, binds: `    bind 127.0.0.1:${port}\n` });
    expect(await place.reload()).toContain("Loading failed");
    holder.close();
    await expect(command(socket, "show version\n")).rejects.toThrow();
  });

  testWith(own, "another level, and another mode, for one that stays", async () => {
    using folder = scratch();
    const path = folder.file("admin");
    const port = await freePort();
    const sockets = (level: string, mode: string): string =>
      `    stats socket 127.0.0.1:${port} level ${level}\n    stats socket ${path} level ${level} mode ${mode}\n`;
    await using place = await stage({ global: sockets("user", "600") });
    await waitUntil("its sockets", () => command(path, "show version\n"));
    expect(await command(port, "disable server b/s\n")).toContain("Permission denied");
    place.write({ global: sockets("admin", "660") });
    expect(await place.reload()).toContain("Loading success.");
    expect(await command(port, "disable server b/s\n")).toBe("\n");
    expect(await command(path, "enable server b/s\n")).toBe("\n");
    expect(await command(path, "show cli sockets\n")).toContain(`ipv4@127.0.0.1:${port} admin all`);
    expect((await must(["stat", "-c", "%a", path])).trim()).toBe("660");
  });
});

describe("a state file at a reload", () => {
  testWith(own, "tells of servers that are new, as at a start; those that are there keep what they have", async () => {
    using folder = scratch();
    const [state, socket] = [folder.file("state"), folder.file("admin")];
    const global = `    stats socket ${socket} level admin\n    server-state-file ${state}\n`;
    const more = "    load-server-state-from-file global\n";
    await using place = await stage({ global, sections: more });
    await waitUntil("its socket", () => command(socket, "show version\n"));
    // A former process's: both in an operator's maintenance, and the address of a name that leads nowhere.
    const line = (name: string, id: number): string =>
      `3 b ${id} ${name} 127.0.0.1 2 1 1 1 5 1 0 0 0 0 0 0 - ${place.echo.port} - 0 0 - - 0\n`;
    writeFileSync(state, `1\n# be_id be_name srv_id srv_name srv_addr\n${line("s", 1)}${line("t", 2)}`);
    place.write({
      global,
      sections: `${more}    server t nowhere.invalid:${place.echo.port} init-addr last\n`,
    });
    expect(await place.reload()).toContain("Loading success.");
    const rows = (await command(socket, "show servers state b\n")).split("\n").map((row) => row.split(" "));
    const of = (name: string): unknown => {
      const row = rows.find((cells) => cells[3] === name);
      return { address: row?.[4], admin: row?.[6] };
    };
    expect({ s: of("s"), t: of("t") }).toEqual({
      s: { address: "127.0.0.1", admin: "0" },
      t: { address: "127.0.0.1", admin: "1" },
    });
  });
});
