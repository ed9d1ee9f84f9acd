/** Servers that turn sessions down before they say who they are: what clients and other servers get, what is told, and what is left. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { bunTransport } from "../../../../../src/net/bun/bun-transport.ts";
import { readText } from "../../../../cases/case.ts";
import { transport } from "../../../../transport.ts";
import { backendPlan, serverPlan } from "../../plans.ts";
import { HearingScene, resets, resetsOnceTold, serves, told, turnsDown } from "./hearing-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const line = "SSH-2.0-client\r\n";
/** How the list of algorithms begins that a client of SSH may send at once. */
const kexInit = "\0\0@\0\x04\x14";
const full = "Exceeded MaxStartups\r\n";
const penalty = "Not allowed at this time\r\n";
/** What a backend with these lines does with what servers say. */
function rules(text: string) {
  const { plan, diagnostics } = readText(`backend be\n    ${text}\n    server s1 127.0.0.1:1\n`);
  const back = plan?.backends[0];
  if (back === undefined) throw new Error(JSON.stringify(diagnostics));
  return { responseRules: back.responseRules, responseInspectDelayMs: back.responseInspectDelayMs };
}

const refusals = [full, penalty, ""] as const;

for (const sockets of new Set([transport, bunTransport])) {
  const { name } = sockets;

  test(`${name}: another server serves where one turns down, whichever way it does`, async () => {
    for (const act of [...refusals.map(turnsDown), resets, resetsOnceTold]) {
      await using scene = new HearingScene(sockets);
      const [one, two] = [await scene.script(act), await scene.script(serves("SSH-2.0-two\r\n"))];
      const servers = [serverPlan("s1", one.port), serverPlan("s2", two.port)];
      await scene.begin({ servers, redispatch: -1 });
      const client = await scene.say(`${line}and more`);
      await scene.until(() => client.received === `SSH-2.0-two\r\n${line}and more`);
      client.socket.end();
      await client.ended;
      await scene.until(() => scene.records.length === 1);
      expect(scene.records.map(told)).toEqual(["s2 c -- +1"]);
      expect(two.heard).toEqual([`${line}and more`]);
      const [first] = scene.proxy.operator.backends()[0]?.servers ?? [];
      expect([first?.redispatches, first?.retries, first?.connectErrors]).toEqual([1, 0, 0]);
      const { bytesIn, bytesOut } = scene.records[0]!;
      expect([bytesIn, bytesOut]).toEqual([24, 37]);
    }
  });

  test(`${name}: with no other server left its client reads why, and a plain client nothing`, async () => {
    const words = ["takes no more connections", "takes no connections from here", "cannot be reached"];
    for (const [index, text] of refusals.entries()) {
      await using scene = new HearingScene(sockets);
      const one = await scene.script(turnsDown(text));
      await scene.begin({ servers: [serverPlan("s1", one.port)], retries: 0 });
      const client = await scene.say(line);
      await client.ended;
      expect(client.received).toStartWith("SSH-2.0-fairlead\r\n");
      expect(client.received).toContain(words[index]!);
      // Length, padding's length, message, reason.
      expect(client.received.charCodeAt("SSH-2.0-fairlead\r\n".length + 9)).toBe(text === "" ? 7 : 12);
      await scene.until(() => scene.records.length === 1);
      expect(scene.records.map(told)).toEqual(["s1 - SC 0"]);
      const [server] = scene.proxy.operator.backends()[0]?.servers ?? [];
      expect([server?.connectErrors, server?.retries]).toEqual([1, 0]);
    }
  });

  test(`${name}: what may not become a refusal goes on at once, and as it is`, async () => {
    const ident = "SSH-2.0-s\r\n";
    const cases: readonly (readonly [says: string, client: string, first: string])[] = [
      ["Welcome\r\nto all\r\n", line, "Welcome\r\nto all\r\n"],
      ["Exceeded ", line, ""],
      ["Exceeded expectations", line, "Exceeded expectations"],
      ["hello\nNot allowed", line, "hello\n"],
      ["SS", line, "SS"],
      [ident, line, ident],
      ["Not allowed at this time", "GET / HTTP/1.1\r\n\r\n", "Not allowed at this time"],
    ];
    for (const [says, word, first] of cases) {
      await using scene = new HearingScene(sockets);
      const one = await scene.script((socket) => socket.once("data", () => socket.write(says)));
      await scene.begin({ servers: [serverPlan("s1", one.port)], retries: 0 });
      const client = await scene.say(word);
      await scene.until(() => one.heard[0] === word && client.received.length >= first.length);
      expect(client.received).toBe(first);
      one.sockets[0]?.write("-what follows\r\n");
      await scene.until(() => client.received.includes("follows"));
      expect([client.received, one.heard]).toEqual([`${says}-what follows\r\n`, [word]]);
      client.socket.end();
      await client.ended;
    }
  });

  test(`${name}: a server that says much that is not SSH is listened to no longer`, async () => {
    for (const text of ["x".repeat(200_000), "line\r\n".repeat(50_000)]) {
      await using scene = new HearingScene(sockets);
      const one = await scene.script((socket) => socket.end(text));
      await scene.begin({ servers: [serverPlan("s1", one.port)], retries: 0 });
      const client = await scene.say(line);
      client.socket.on("end", () => client.socket.end());
      await client.ended;
      await scene.until(() => scene.records.length === 1);
      expect([client.received === text, scene.records.map(told)]).toEqual([true, ["s1 c -- 0"]]);
    }
  });

  test(`${name}: a server may say lines before it turns a session down, and half of one it has to itself`, async () => {
    for (const [says, received, letters] of [
      ["starting up\r\n", "starting up\r\nSSH-2.0-two\r\n", "s2 c -- +1"],
      [`one\r\n${full}`, "one\r\nSSH-2.0-two\r\n", "s2 c -- +1"],
      ["starting", "starting", "s1 c -- 0"],
    ] as const) {
      await using scene = new HearingScene(sockets);
      const one = await scene.script((socket) => socket.once("data", () => socket.end(says)));
      const two = await scene.script((socket) => socket.once("data", () => socket.end("SSH-2.0-two\r\n")));
      await scene.begin({ servers: [serverPlan("s1", one.port), serverPlan("s2", two.port)], redispatch: -1 });
      const client = await scene.say(line);
      client.socket.on("end", () => client.socket.end());
      await client.ended;
      await scene.until(() => scene.records.length === 1);
      expect([client.received, scene.records.map(told)]).toEqual([received, [letters]]);
      expect(scene.records[0]?.bytesOut).toBe(received.length);
    }
  });

  test(`${name}: a client that has sent more than is kept has no second try, and reads why all the same`, async () => {
    const most = 15_360;
    for (const [length, letters] of [
      [most, "s2 c -- +1"],
      [most + 1, "s1 - SC 0"],
    ] as const) {
      await using scene = new HearingScene(sockets);
      const bytes = `${line}${kexInit}`.padEnd(length, "k");
      let heard = 0;
      const one = await scene.script((socket) => {
        socket.on("data", (piece) => {
          heard += piece.length;
          if (heard >= length) socket.end(full);
        });
      });
      const two = await scene.script(serves("SSH-2.0-two\r\n"));
      await scene.begin({ servers: [serverPlan("s1", one.port), serverPlan("s2", two.port)], redispatch: -1 });
      const client = await scene.say(bytes);
      if (length === most) await scene.until(() => client.received.length === length + 13);
      else await scene.until(() => client.received.includes("takes no more connections"));
      client.socket.end();
      await client.ended;
      await scene.until(() => scene.records.length === 1);
      expect([scene.records.map(told), scene.records[0]?.bytesIn]).toEqual([[letters], length]);
      expect(two.heard).toEqual(length === most ? [bytes] : []);
    }
  });

  test(`${name}: whoever ends first is no server's failure, nor is silence`, async () => {
    await using scene = new HearingScene(sockets);
    const one = await scene.script((socket) => socket.on("end", () => socket.end()));
    const servers = [serverPlan("s1", one.port)];
    await scene.begin({ servers });
    const finished = await scene.say(line);
    await scene.until(() => one.heard[0] === line);
    finished.socket.end();
    await finished.ended;
    const lost = await scene.say(line);
    await scene.until(() => one.heard[1] === line);
    lost.socket.resetAndDestroy();
    await scene.until(() => scene.records.length === 2);
    const timeouts = { connectMs: 2000, serverMs: 50, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
    await scene.begin({ servers, timeouts });
    await (
      await scene.say(line)
    ).ended;
    const clients = { clientMs: 50, clientFinMs: 0, clientHandshakeMs: 0 };
    await scene.begin({ servers }, { timeouts: clients });
    await (
      await scene.say("")
    ).ended;
    await scene.until(() => scene.records.length === 4);
    expect(scene.records.map(told)).toEqual(["s1 c -- 0", "s1 c CD 0", "s1 c sD 0", "s1 c cD 0"]);
    expect([...scene.proxy.operator.serverRefusals()]).toEqual([]);
    expect(scene.proxy.operator.backends()[0]?.servers[0]).toMatchObject({ connectErrors: 0, retries: 0, hint: null });
  });

  test(`${name}: a server that turns down rests for a second where there are others, and those that wait wait for them`, async () => {
    await using scene = new HearingScene(sockets);
    const one = await scene.script(turnsDown(full), serves("SSH-2.0-one\r\n"));
    const two = await scene.script(serves("SSH-2.0-two\r\n"));
    const servers = [serverPlan("s1", one.port), serverPlan("s2", two.port)];
    await scene.begin({ servers, redispatch: -1 });
    const states = () => scene.proxy.operator.backends()[0]!.servers.map(({ hint }) => hint !== null);
    const served = async (word: string): Promise<void> => {
      const client = await scene.say(line);
      await scene.until(() => client.received === `SSH-2.0-${word}\r\n${line}`);
      client.socket.end();
      await client.ended;
    };
    for (let left = 5; left > 0; left--) await served("two");
    expect(states()).toEqual([true, false]);
    // It was turned down once, and nobody came after that.
    expect([one.heard.length, two.heard.length]).toEqual([1, 5]);
    await scene.until(() => !states()[0]);
    await served("one");
    const texts = scene.events.flatMap((event) => (event.type === "server-refusal" ? [event.text] : []));
    expect(texts).toEqual([
      "Server be/s1 turns sessions down: it has as many connections as it takes that have not logged in yet (Exceeded MaxStartups): raise MaxStartups there.",
    ]);
    expect([...scene.proxy.operator.serverRefusals()]).toEqual([
      { backend: "be", server: "s1", refusal: "full", count: 1 },
    ]);
  });

  test(`${name}: the only one that is left does not rest`, async () => {
    await using scene = new HearingScene(sockets);
    const one = await scene.script(turnsDown(full), serves("SSH-2.0-one\r\n"));
    await scene.begin({ servers: [serverPlan("s1", one.port, { maxconn: 1 })], retries: 0 });
    const refused = await scene.say(line);
    await refused.ended;
    const client = await scene.say(line);
    await scene.until(() => client.received === `SSH-2.0-one\r\n${line}`);
    client.socket.end();
    await client.ended;
    await scene.until(() => scene.records.length === 2);
    expect(scene.records.map(told)).toEqual(["s1 - SC 0", "s1 c -- 0"]);
  });

  test(`${name}: the same one is tried again after a pause, in which its client may leave`, async () => {
    await using scene = new HearingScene(sockets);
    const one = await scene.script(turnsDown(penalty), turnsDown(""), serves("SSH-2.0-one\r\n"));
    const timeouts = { connectMs: 100, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
    await scene.begin({ servers: [serverPlan("s1", one.port)], retries: 3, timeouts });
    const client = await scene.say(line);
    await scene.until(() => client.received === `SSH-2.0-one\r\n${line}`);
    client.socket.end();
    await client.ended;
    const other = await scene.script(turnsDown(full));
    await scene.begin({ servers: [serverPlan("s1", other.port)], timeouts: { ...timeouts, connectMs: 5000 } });
    for (const leave of ["end", "resetAndDestroy"] as const) {
      const leaving = await scene.say("");
      await scene.until(() => scene.proxy.operator.backends()[0]!.servers[0]!.hint !== null && other.heard.length > 0);
      await scene.until(() => scene.proxy.operator.backends()[0]!.servers[0]!.current === 0);
      leaving.socket[leave]();
    }
    await scene.until(() => scene.records.length === 3);
    expect(scene.records.map(told)).toEqual(["s1 c -- 2", "s1 - CC 1", "s1 - CD 1"]);
    expect(scene.proxy.operator.backends()[0]?.servers[0]).toMatchObject({ retries: 4, connectErrors: 0 });
  });

  test(`${name}: a failed connect in all else: observed, remembered by nobody, told early by nobody`, async () => {
    const early: string[] = [];
    await using scene = new HearingScene(sockets, (event) => {
      if (event.type === "session" && event.early === true) early.push(told(event.record));
    });
    const [one, two] = [await scene.script(turnsDown("")), await scene.script(serves("SSH-2.0-two\r\n"))];
    const { plan } = readText(`backend be
    stick-table type ip size 10
    stick on src
    server s1 127.0.0.1:1 check observe layer4 error-limit 1 on-error mark-down inter 1h rise 10
    server s2 127.0.0.1:2
`);
    const [{ servers, ...back }] = plan!.backends as [NonNullable<typeof plan>["backends"][0]];
    const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
    const at = [
      { ...first, address: serverPlan("s1", one.port).address },
      { ...second, address: serverPlan("s2", two.port).address },
    ];
    const timeouts = { connectMs: 100, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
    await scene.begin({ ...back, servers: at, redispatch: -1, retries: 3, timeouts }, { logAsap: true });
    const client = await scene.say(line);
    await scene.until(() => client.received === `SSH-2.0-two\r\n${line}`);
    expect(early).toEqual(["s2 c -- +1"]);
    expect(scene.proxy.operator.backends()[0]?.servers[0]?.state).toBe("DOWN");
    expect(scene.proxy.running.tables.get("be")?.used).toBe(1);
    client.socket.end();
    await client.ended;
    await using other = new HearingScene(sockets);
    // One connection after the other that succeeds would be no two errors in a row.
    await other.begin({ ...back, servers: [{ ...at[0]!, errorLimit: 2 }], retries: 1, timeouts });
    const refused = await other.say(line);
    await refused.ended;
    expect([other.proxy.running.tables.get("be")?.used, refused.received.length > 0]).toEqual([0, true]);
    expect(other.proxy.operator.backends()[0]?.servers[0]?.state).toBe("DOWN");
  });

  test(`${name}: rules of tcp-response see the server that is heard, and none that turns down`, async () => {
    for (const [text, received, letters] of [
      ["tcp-response content set-var(sess.a) int(1)", `SSH-2.0-two\r\n${line}`, "s2 c -- +1"],
      [
        "tcp-response inspect-delay 5s\n    tcp-response content reject if { res.payload(0,5) -m str Excee }",
        `SSH-2.0-two\r\n${line}`,
        "s2 c -- +1",
      ],
      [
        "tcp-response inspect-delay 5s\n    tcp-response content reject if { ssh.server.software two }",
        "SSH-2.0-fairlead\r\n",
        "s2 c PD +1",
      ],
      ["tcp-response content close", "", "s1 c -- 0"],
    ] as const) {
      await using scene = new HearingScene(sockets);
      const act = turnsDown(full);
      const one = await scene.script((socket) => socket.once("data", () => act(socket)));
      const two = await scene.script(serves("SSH-2.0-two\r\n"));
      const servers = [serverPlan("s1", one.port), serverPlan("s2", two.port)];
      await scene.begin({ ...rules(text), servers, redispatch: -1 });
      const client = await scene.say(line);
      await scene.until(() => client.received.startsWith(received) && (scene.records.length > 0 || received !== ""));
      expect(client.received.slice(0, received.length)).toBe(received);
      client.socket.end();
      await client.ended;
      await scene.until(() => scene.records.length === 1);
      expect(scene.records.map(told)).toEqual([letters]);
    }
  });

  test(`${name}: those that wait do not get the slot that a server has turned down, until it has rested`, async () => {
    for (const algorithm of ["roundrobin", "leastconn"]) {
      await using scene = new HearingScene(sockets);
      const one = await scene.script(() => {}, serves("SSH-2.0-one\r\n"));
      const two = await scene.script(serves("SSH-2.0-two\r\n"));
      const limited = { maxconn: 1 };
      const servers = [serverPlan("s1", one.port, limited), serverPlan("s2", two.port, limited)];
      const balance = { ...backendPlan().balance, algorithm };
      await scene.begin({ servers, balance, redispatch: -1 });
      const refused = await scene.say(line);
      await scene.until(() => one.heard[0] === line);
      const held = await scene.say(line);
      await scene.until(() => held.received.startsWith("SSH-2.0-two"));
      const waiting = await scene.say(line);
      await scene.until(() => scene.proxy.operator.backends()[0]?.queued === 1);
      one.sockets[0]?.end(full);
      // It waits behind the other one.
      await scene.until(() => scene.proxy.operator.backends()[0]?.queued === 2);
      expect([one.heard.length, refused.received, waiting.received]).toEqual([1, "", ""]);
      await scene.until(() => waiting.received === `SSH-2.0-one\r\n${line}`);
      waiting.socket.end();
      await scene.until(() => refused.received === `SSH-2.0-one\r\n${line}`);
      for (const { socket } of [refused, held]) socket.end();
      await Promise.all([refused.ended, held.ended, waiting.ended]);
      await scene.until(() => scene.records.length === 3);
      expect(scene.records.map(told).toSorted()).toEqual(["s1 c -- 0", "s1 c -- 1", "s2 c -- 0"]);
    }
  });
}
