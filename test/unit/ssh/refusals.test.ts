/** Refused and held clients as whole sessions, over loopback: what they get, what is counted, and when all is over. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { bunTransport } from "../../../src/net/bun/bun-transport.ts";
import type { SshGlobalPlan, SshPlan } from "../../../src/plan/ssh/ssh.ts";
import { sshDefaults, sshGlobalDefaults } from "../../../src/plan/ssh/ssh.ts";
import type { Rule } from "../../../src/plan/rules/rule.ts";
import { Ssh } from "../../../src/ssh/ssh.ts";
import { readText } from "../../cases/case.ts";
import { transport } from "../../transport.ts";
import { settled } from "./inventory/facts.ts";
import { bindPlan, onePlan, serverPlan } from "../proxy/plans.ts";
import { Scene, type TestClient } from "../proxy/proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const rule = (kind: "reject" | "ssh-tarpit"): Rule => ({ action: { kind }, condition: null }) as unknown as Rule;

/** It waits until the server has said something. */
function refusesAnswer(): Rule | undefined {
  const { plan } = readText(`listen one
    bind 127.0.0.1:1
    tcp-response inspect-delay 5s
    tcp-response content reject if { res.len gt 5 }
`);
  return plan?.backends[0]?.responseRules[0];
}

/** It waits until a client has said something. */
function refusesWords(): Rule | undefined {
  const { plan } = readText(`frontend one
    bind 127.0.0.1:1
    tcp-request inspect-delay 5s
    tcp-request content reject if { req.len gt 5 }
`);
  return plan?.frontends[0]?.contentRules[0];
}

interface Asked {
  readonly ssh?: Partial<SshPlan>;
  readonly global?: Partial<SshGlobalPlan>;
  readonly connection?: Rule;
  readonly content?: Rule | undefined;
  readonly response?: Rule | undefined;
  /** Port of its one server; left out: there is none. */
  readonly port?: number;
  readonly acceptProxy?: boolean;
}

class SshScene extends Scene {
  readonly ssh: Ssh;

  constructor(sockets = transport) {
    const ssh = new Ssh();
    super(sockets, undefined, { ssh });
    this.ssh = ssh;
  }

  async begin({ ssh = {}, global = {}, connection, content, response, port, acceptProxy }: Asked = {}): Promise<void> {
    const front = {
      binds: [bindPlan({ acceptProxy: acceptProxy === true })],
      ssh: { ...sshDefaults, isRead: true, ...ssh },
      connectionRules: connection === undefined ? [] : [connection],
      contentRules: content === undefined ? [] : [content],
      inspectDelayMs: 5000,
    };
    const servers = port === undefined ? [] : [serverPlan("s1", port)];
    const back = { servers, responseRules: response === undefined ? [] : [response], responseInspectDelayMs: 5000 };
    await this.apply(onePlan(front, back, { ssh: { ...sshGlobalDefaults, ...global } }));
  }

  /** A client that says this, and not more. */
  async say(text: string): Promise<TestClient> {
    const client = await this.open();
    client.socket.write(text);
    return client;
  }
}

const line = "SSH-2.0-client\r\n";
const answer = "SSH-2.0-fairlead\r\n";

for (const sockets of new Set([transport, bunTransport])) {
  test(`${sockets.name}: it reads why, also while it sends, and is waited for though its session is over`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin();
    const client = await scene.say(line);
    client.socket.pause();
    await scene.until(() => scene.records.length === 1);
    expect([scene.ssh.lingering, scene.proxy.state.current, scene.records[0]?.termination]).toEqual([1, 0, "SC"]);
    for (let left = 50; left > 0; left--) client.socket.write("x".repeat(1000));
    client.socket.resume();
    await client.ended;
    expect(client.received).toStartWith(answer);
    expect(client.received).toContain("No server is available at the moment.");
    await scene.until(() => scene.ssh.lingering === 0);
    expect(scene.ssh.figures).toMatchObject({ untold: 0, refusals: { "no-server": 1, rule: 0, foreign: 0 } });
  });

  test(`${sockets.name}: what is not SSH reads nothing`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin();
    const client = await scene.say("GET / HTTP/1.1\r\n\r\n");
    await client.ended;
    expect([client.received, scene.ssh.lingering]).toEqual(["", 0]);
  });

  test(`${sockets.name}: where only SSH is let through nothing else reaches a server, early or late`, async () => {
    await using scene = new SshScene(sockets);
    const port = await scene.serve("");
    await scene.begin({ port, ssh: { isRequired: true } });
    const early = await scene.say("GET / HTTP/1.1\r\n\r\n");
    const late = await scene.open();
    await scene.until(() => scene.served === 1);
    late.socket.write("GET / HTTP/1.1\r\n\r\n");
    await Promise.all([early.ended, late.ended]);
    // The server echoes.
    expect([early.received, late.received, scene.ssh.counts.foreign.client]).toEqual(["", "", 2]);
    await scene.until(() => scene.records.length === 2);
    expect(scene.records.map((one) => one.termination)).toEqual(["PR", "PR"]);
    const ssh = await scene.say(line);
    await scene.until(() => ssh.received === line);
    ssh.socket.destroy();
  });

  test(`${sockets.name}: whoever has shown already that it does not speak SSH is not even connected`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin({ port: await scene.serve("hi"), ssh: { isRequired: true }, acceptProxy: true });
    const client = await scene.say("PROXY TCP4 192.0.2.7 127.0.0.1 1 22\r\nGET / HTTP/1.1\r\n\r\n");
    await client.ended;
    await scene.until(() => scene.records.length === 1);
    expect(scene.records).toMatchObject([{ termination: "PR", server: null, bytesOut: 0 }]);
    expect([client.received, scene.ssh.counts.foreign.client, scene.served]).toEqual(["", 1, 0]);
  });

  test(`${sockets.name}: what its server has said and a rule refuses is no word of ours yet`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin({ port: await scene.serve("SSH-2.0-server\r\n"), response: refusesAnswer() });
    const client = await scene.say(line);
    await client.ended;
    expect(client.received).toStartWith(answer);
    expect(client.received).toContain("Not allowed: a rule");
    expect(scene.records).toMatchObject([{ termination: "PD" }]);
  });

  test(`${sockets.name}: a server that does not speak SSH is not let through either`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin({ port: await scene.serve("\0no ssh\n"), ssh: { isRequired: true } });
    const client = await scene.say(line);
    await client.ended;
    expect(client.received).toBe("");
    await scene.until(() => scene.records.length === 1);
    expect([scene.records[0]?.termination, scene.ssh.counts.foreign.server]).toEqual(["PD", 1]);
  });

  test(`${sockets.name}: who is held up gets lines, counts for nothing, and is let go at a stop`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin({ connection: rule("ssh-tarpit") });
    const clients = [await scene.say(line), await scene.say("GET / HTTP/1.1\r\n\r\n")];
    for (const one of clients) await scene.until(() => /^[0-9a-f]{3,30}\r\n$/.test(one.received));
    expect([scene.ssh.figures.tarpit, scene.proxy.state.current]).toEqual([2, 0]);
    clients[0]?.socket.end();
    await clients[0]?.ended;
    await scene.until(() => scene.ssh.figures.tarpit === 1);
    scene.proxy.softStop();
    await scene.proxy.drained;
    await clients[1]?.ended;
    expect(scene.ssh.figures).toMatchObject({ tarpit: 0, tarpitTotal: 2 });
  });
}

test("beyond as many as may be told or held at once there is a plain close", async () => {
  await using scene = new SshScene();
  await scene.begin({ global: { lingering: 1, tarpit: 1 }, content: rule("ssh-tarpit") });
  const held = await scene.say(line);
  await scene.until(() => held.received !== "");
  const refused = await scene.say(line);
  await refused.ended;
  // A banned one is told nothing either.
  expect([refused.received, scene.ssh.lingering]).toEqual(["", 0]);
  await scene.begin({ global: { lingering: 1 } });
  const told = await scene.open();
  await scene.until(() => scene.ssh.lingering === 1);
  const untold = await scene.say(line);
  await untold.ended;
  expect([untold.received, scene.ssh.figures.untold, scene.ssh.figures.tarpit]).toEqual(["", 1, 1]);
  told.socket.destroy();
  held.socket.destroy();
  await scene.until(() => scene.ssh.lingering === 0 && scene.ssh.figures.tarpit === 0);
});

test("a soft stop waits for those who read, as long as they may; a hard one does not", async () => {
  const scene = new SshScene();
  await scene.begin();
  const client = await scene.say(line);
  await scene.until(() => client.received !== "");
  // The other side has sent its FIN; this one keeps its own back.
  const half = await scene.say(line);
  half.socket.allowHalfOpen = true;
  await scene.until(() => scene.records.length === 2);
  scene.proxy.softStop();
  let isDrained = false;
  void scene.proxy.drained.then(() => (isDrained = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([isDrained, scene.ssh.lingering > 0]).toEqual([false, true]);
  scene.proxy.hardStop();
  await scene.proxy.drained;
  expect(scene.ssh.lingering).toBe(0);
  await scene[Symbol.asyncDispose]();
});

test("a rule of sessions is told of where only the usual backend has SSH read", async () => {
  await using scene = new SshScene();
  const ssh = { ...sshDefaults, isRead: true };
  await scene.apply(onePlan({ sessionRules: [rule("reject")] }, { ssh }));
  const client = await scene.say(line);
  await client.ended;
  expect(client.received).toContain("Not allowed: a rule");
});

for (const sockets of new Set([transport, bunTransport])) {
  test(`${sockets.name}: whoever is turned away unserved is known by name, where that has come`, async () => {
    await using scene = new SshScene(sockets);
    await scene.begin({ content: refusesWords() });
    const client = await scene.say("SSH-2.0-OpenSSH_9.2p1\r\n");
    await client.ended;
    await scene.until(() => scene.records.length === 1);
    const { frontends, servers } = settled(scene.ssh.inventory.report(null));
    expect(frontends.map(({ name, software }) => [name, software.map((one) => one.version)])).toEqual([
      ["fe", ["9.2p1"]],
    ]);
    expect(servers).toEqual([]);
    expect([...scene.ssh.counts.sessions()]).toEqual([
      { frontend: "fe", side: "client", software: "OpenSSH", count: 1 },
    ]);
  });
}

function sshError(): never {
  throw new Error("no text");
}

test("a text that cannot be made ends its session alone", async () => {
  await using scene = new SshScene();
  await scene.begin();
  const frontend = scene.proxy.running.frontends.get("fe");
  const ssh = { ...frontend?.plan.ssh, refusal: { kind: "text" } };
  Object.assign(frontend ?? {}, { rules: { ...frontend?.rules, sshError }, plan: { ...frontend?.plan, ssh } });
  const client = await scene.say(line);
  await client.ended;
  expect([client.received, scene.ssh.lingering, scene.records[0]?.termination]).toEqual(["", 0, "IR"]);
  expect(scene.events.some((one) => one.type === "notice" && one.text.includes("no text"))).toBe(true);
});
