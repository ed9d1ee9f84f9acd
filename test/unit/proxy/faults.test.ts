// Whatever throws inside a session ends that session, and nothing of what it took is left behind.
import { expect, setDefaultTimeout, test } from "bun:test";
import { openDescriptorCount } from "../../../src/net/libc/process-calls.ts";
import { bunTransport } from "../../../src/net/bun/bun-transport.ts";
import { transport } from "../../transport.ts";
import { FaultScene, reach } from "./fault-scene.ts";
import { killSessions, type TestClient } from "./proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** What a client does; ends when the client has nothing more to do. */
interface Story {
  readonly name: string;
  readonly config: (port: number) => string;
  readonly greeting: string;
  /** Gets a client that has just connected. */
  readonly play: (scene: FaultScene, client: TestClient) => Promise<void>;
  /** What the log tells of it when nothing throws. */
  readonly ends: string;
}

const start = `
defaults
 mode tcp
 log 127.0.0.1:9 local0
 log-format "%ci %ts %B %Tt"
 timeout client 5s
 timeout server 5s
 timeout connect 5s
`;

const plain = (front: string, back: string): string =>
  `${start}frontend fe\n bind 127.0.0.1:1\n maxconn 1\n default_backend be\n${front}backend be\n${back}`;

/** Everything that a session of mode tcp may go through. */
const everything = (port: number): string =>
  plain(
    ` unique-id-format %[src]-%ci
 stick-table type ip size 10 store conn_cur,bytes_in_cnt,gpc0
 tcp-request connection track-sc0 src
 tcp-request connection expect-proxy layer4 if { src 127.0.0.0/8 }
 tcp-request session set-var(sess.a) src
 tcp-request session track-sc1 src table other
 tcp-request inspect-delay 5s
 tcp-request content set-var(txn.b) req.payload(0,5)
 tcp-request content accept if { req.len ge 5 }
 use_backend be if { src -m found }
`,
    ` stick-table type ip size 10 store conn_cur
 stick on src
 stick store-response src table other
 use-server s1 if { src -m found }
 tcp-request content set-var(txn.c) src
 tcp-response inspect-delay 5s
 tcp-response content accept if { res.len ge 2 }
 retries 1
 server s1 127.0.0.1:${port} send-proxy-v2 proxy-v2-options unique-id set-proxy-v2-tlv-fmt(0xE0) %[src]
backend other
 stick-table type ip size 10 store conn_cur
`,
  );

const header = "PROXY TCP4 10.1.2.3 10.3.2.1 1111 2222\r\n";

async function talk(scene: FaultScene, client: TestClient): Promise<void> {
  client.socket.write(`${header}ab`);
  await new Promise((resolve) => setImmediate(resolve));
  client.socket.write("cdefg");
  await reach(scene, client, () => client.received.includes("hi") && client.received.includes("abcdefg"));
  client.socket.end();
  await client.ended;
}

const stories: readonly Story[] = [
  { name: "a session that goes through everything", config: everything, greeting: "hi", play: talk, ends: "--" },
  {
    name: "a session that is balanced by its source, and killed",
    config: (port) => plain("", ` balance source\n server s1 127.0.0.1:${port} maxconn 3\n`),
    greeting: "hi",
    async play(scene, client) {
      await reach(scene, client, () => client.received === "hi");
      killSessions(scene.proxy, "s1");
      await client.ended;
    },
    ends: "K-",
  },
  {
    name: "a server that refuses, again and again",
    config: () => plain("", " retries 2\n option redispatch 1\n timeout connect 20\n server s1 127.0.0.1:1\n"),
    greeting: "",
    play: (_, client) => client.ended,
    ends: "SC",
  },
  {
    name: "a client that is turned away",
    config: (port) =>
      plain(
        " tcp-request inspect-delay 5s\n tcp-request content reject if { req.len ge 2 }\n",
        ` server s1 127.0.0.1:${port}\n`,
      ),
    greeting: "hi",
    async play(_, client) {
      client.socket.write("no");
      await client.ended;
    },
    ends: "PR",
  },
  {
    name: "a client whose connection is refused",
    config: (port) => plain(" tcp-request connection silent-drop\n", ` server s1 127.0.0.1:${port}\n`),
    greeting: "hi",
    async play(scene, client) {
      await scene.until(() => scene.proxy.state.total > 0 && scene.proxy.state.current === 0);
      client.socket.destroy();
    },
    ends: "",
  },
  {
    name: "a session that waits in vain for a slot",
    config: (port) => plain("", ` timeout queue 20\n server s1 127.0.0.1:${port} maxconn 1\n`),
    greeting: "hi",
    play: (_, client) => client.ended,
    ends: "sQ",
  },
  {
    name: "a session that waits for a slot and gets it",
    config: (port) => plain("", ` timeout queue 5s\n server s1 127.0.0.1:${port} maxconn 1\n`),
    greeting: "hi",
    async play(scene, client) {
      await reach(scene, client, () => (scene.proxy.operator.backends()[0]?.queued ?? 0) === 1);
      giveSlot(scene);
      await reach(scene, client, () => client.received === "hi");
      client.socket.end();
      await client.ended;
    },
    ends: "--",
  },
  {
    name: "a client that leaves the queue",
    config: (port) => plain("", ` timeout queue 5s\n server s1 127.0.0.1:${port} maxconn 1\n`),
    greeting: "hi",
    async play(scene, client) {
      await reach(scene, client, () => (scene.proxy.operator.backends()[0]?.queued ?? 0) === 1);
      client.socket.end();
      await client.ended;
    },
    ends: "CQ",
  },
  {
    name: "a client that resets while it waits",
    config: (port) => plain("", ` timeout queue 5s\n server s1 127.0.0.1:${port} maxconn 1\n`),
    greeting: "hi",
    async play(scene, client) {
      await reach(scene, client, () => (scene.proxy.operator.backends()[0]?.queued ?? 0) === 1);
      client.socket.resetAndDestroy();
      await scene.until(() => scene.proxy.state.current === 0);
    },
    ends: "CD",
  },
];

const taken = new WeakSet<FaultScene>();

/** The test itself takes the only slot of a server, as a session would. */
function takeSlot(scene: FaultScene): void {
  const server = scene.proxy.running.backends.get("be")?.find("s1");
  if (server?.maxconn !== 1) return;
  taken.add(scene);
  server.take();
}

function giveSlot(scene: FaultScene): void {
  const backend = scene.proxy.running.backends.get("be");
  const server = backend?.find("s1") ?? null;
  if (backend === undefined || server === null || !taken.delete(scene)) return;
  // What a balancer does is trapped, and the test itself is not to fall into that.
  const { balancer } = backend;
  backend.balancer = { update() {}, pick: () => null, moved() {} };
  server.release();
  backend.balancer = balancer;
  server.backend.dequeue(server);
}

const transports = [...new Set([transport, bunTransport])];

for (const [sockets, story] of transports.flatMap((one) => stories.map((story) => [one, story] as const))) {
  test(`thrown at any point over ${sockets.name}: ${story.name}`, async () => {
    await using scene = new FaultScene(sockets);
    await scene.run(story.config(await scene.serve(story.greeting)));
    const { trap } = scene;
    const said = (): string[] =>
      scene.events.flatMap((event) => (event.type === "notice" && event.level === "alert" ? [event.text] : []));

    /** Plays it once, until nothing is left of it. */
    async function play(at: number): Promise<void> {
      takeSlot(scene);
      trap.set(at);
      const client = await scene.open();
      try {
        await story.play(scene, client);
      } finally {
        client.socket.destroy();
        giveSlot(scene);
      }
      const what = `call ${at}, ${trap.caught ?? "nothing thrown"}`;
      trap.at = 0;
      await scene.untilNothingIsTaken(before, what);
    }

    // What the runtime opens once and keeps is open after the first time.
    let before = Infinity;
    await play(Infinity);
    scene.events.length = 0;
    before = openDescriptorCount() ?? 0;
    await play(Infinity);
    const clean = trap.calls;
    expect(clean).toBeGreaterThan(3);
    expect(scene.records.map((one) => one.termination)).toEqual(story.ends === "" ? [] : [story.ends]);
    expect(said()).toEqual([]);

    const untold = new Set<string>();
    for (let at = 1; at <= clean; at++) {
      const [records, faults] = [scene.records.length, scene.proxy.state.faults.count];
      await play(at);
      const told = scene.records.slice(records).map((one) => one.termination);
      expect([at, scene.proxy.state.faults.count - faults]).toEqual([at, 1]);
      // Its line appears, once; but who hears of it ends nothing, and without an address there is no session.
      const isHeard = trap.caught?.startsWith("event ") === true;
      const isRight =
        at === 1 ? told.length === 0 : told.length === 1 && told[0]?.startsWith(isHeard ? story.ends : "I");
      if (!isRight) untold.add(`${at} ${trap.caught}: ${told.join(" ")}`);
    }
    if (story.ends !== "") expect([...untold]).toEqual([]);
    // One line for each place.
    expect(said().length).toBe(new Set(said()).size);
    await play(Infinity);
  });
}
