/** Handshakes that come to nothing, in many ways: each is told as what it was, and leaves nothing behind. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect as connectSecurely } from "node:tls";
import type { Securing, TlsFailure } from "../../../../src/net/tls/secure.ts";
import type { Connection, Transport } from "../../../../src/net/transport.ts";
import { certificate } from "../../../certificates.ts";
import { descriptorCount } from "../../../contract/kernel.ts";
import { connectPeer, listenPeers, type Peer } from "../../../contract/peer.ts";
import { connectDefaults, descriptorsBackTo, Door } from "../../../contract/stage.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";
import { ways } from "./pair.ts";

const isSoak = process.env["SOAK"] === "1";

// Five seconds are few on a busy machine.
setDefaultTimeout(isSoak ? 3_600_000 : 60_000);

const identity = certificate({ subject: "/CN=one.test", names: "DNS:one.test" });

/** What a client says first. */
async function firstFlight(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const servers = await listenPeers({ hostname: "127.0.0.1", port: 0 }, (peer) => {
    peer.take = (bytes) => {
      chunks.push(bytes.slice());
      peer.count += bytes.length;
      peer.changed();
    };
  });
  const client = connectSecurely({ port: servers.port, host: "127.0.0.1", servername: "one.test" });
  client.on("error", () => undefined);
  const peer = await servers.peer(0);
  await peer.until("a hello", () => peer.count > 0);
  client.destroy();
  servers.close();
  return Buffer.concat(chunks);
}

const hello = await firstFlight();
const half = hello.subarray(0, hello.length >> 1);
const rounds = isSoak ? 2000 : 2;
const refusal = Symbol("refused");

/** What a client does, and what the server says of it. */
interface Abort {
  readonly name: string;
  readonly act: (peer: Peer, securing: Securing, connection: Connection) => void;
  readonly kind: readonly TlsFailure["kind"][];
  readonly choice?: typeof refusal;
  readonly timeoutMs?: number;
  /** What the client gets of an answer, as hex; left out: not looked at. */
  readonly answer?: string;
}

const aborts: readonly Abort[] = [
  { name: "a reset without a word", act: (peer) => peer.reset(), kind: ["lost"] },
  { name: "an end without a word", act: (peer) => peer.finish(), kind: ["closed"], answer: "" },
  { name: "half a hello and an end", act: (peer) => (peer.send(half), peer.finish()), kind: ["closed"], answer: "" },
  { name: "half a hello and a reset", act: (peer) => (peer.send(half), peer.reset()), kind: ["lost"] },
  { name: "half a hello and nothing more", act: (peer) => peer.send(half), kind: ["timeout"], timeoutMs: 50 },
  { name: "no hello", act: () => undefined, kind: ["timeout"], timeoutMs: 50 },
  { name: "a request of HTTP", act: (peer) => peer.send("GET / HTTP/1.0\r\n\r\n"), kind: ["plain"], answer: "" },
  { name: "a banner of SSH", act: (peer) => peer.send("SSH-2.0-x\r\n"), kind: ["plain"], answer: "" },
  {
    name: "a record that is none",
    act: (peer) => peer.send(Uint8Array.of(0x16, 9, 9, 9, 9, 9)),
    kind: ["handshake"],
    answer: "15030100020232",
  },
  {
    name: "a name that is refused",
    act: (peer) => peer.send(hello),
    kind: ["refused"],
    choice: refusal,
    answer: "15030100020270",
  },
  { name: "a hello and a reset", act: (peer) => (peer.send(hello), peer.reset()), kind: ["lost", "handshake"] },
  { name: "a hello and an end", act: (peer) => (peer.send(hello), peer.finish()), kind: ["handshake"] },
  { name: "a hello and nothing more", act: (peer) => peer.send(hello), kind: ["timeout"], timeoutMs: 50 },
  {
    name: "a hello and then nonsense",
    act: (peer) => (peer.send(hello), peer.send("nonsense, and more of it")),
    kind: ["handshake"],
  },
  {
    name: "a hello, and we give up",
    act: (peer, securing) => (peer.send(hello), securing.cancel()),
    kind: ["cancelled"],
  },
];

async function abort(way: (typeof ways)[number], door: Door, one: Abort): Promise<unknown> {
  const { tls } = way;
  const context = tls.serverContext({ ...serverDefaults, identities: [identity] });
  const [peer, connection] = await Promise.all([connectPeer({ hostname: "127.0.0.1", port: door.port }), door.next()]);
  let answer = "";
  peer.take = (bytes) => void (answer += Buffer.from(bytes).toString("hex"));
  const securing = tls.secureServer(connection, () => (one.choice === refusal ? null : context), {
    timeoutMs: one.timeoutMs ?? 10_000,
    keepsHello: false,
  });
  one.act(peer, securing, connection);
  const failure = await securing.done.then(
    () => null,
    (error: TlsFailure) => error,
  );
  if (!one.kind.includes(failure?.kind as TlsFailure["kind"]))
    return `${one.name}: ${failure?.kind} ${failure?.message}`;
  if (one.answer === undefined) {
    if (!peer.isOver) peer.reset();
    return null;
  }
  await peer.until("its end", () => peer.log.length > 0);
  if (!peer.isOver) peer.reset();
  return answer === one.answer && /^(fin|closed)$/.test(peer.log[0] ?? "")
    ? null
    : `${one.name}: ${answer} ${peer.log.join()}`;
}

/** All of them, `count` times; what was wrong. */
async function abortAll(way: (typeof ways)[number], count: number): Promise<unknown> {
  const door = await Door.open(way.transport);
  const wrong = new Set<unknown>();
  for (let round = 0; round < count; round++)
    // One after the other where a client and its connection have to be the same.
    for (const one of aborts) wrong.add(await abort(way, door, one));
  door.listener.close();
  return [...wrong].filter((text) => text !== null);
}

for (const way of ways)
  describe(way.name, () => {
    test(`${aborts.length} ways of a client to come to nothing`, async () => {
      const before = descriptorCount();
      expect(await abortAll(way, rounds)).toEqual([]);
      await descriptorsBackTo(before);
    });

    test("a server that comes to nothing", async () => {
      const before = descriptorCount();
      expect(await abortedByServers(way.transport, way)).toEqual([
        "handshake",
        "handshake",
        "handshake",
        "timeout",
        "cancelled",
      ]);
      await descriptorsBackTo(before);
    });
  });

async function abortedByServers(transport: Transport, { tls }: (typeof ways)[number]): Promise<unknown[]> {
  const context = tls.clientContext({ ...clientDefaults, ca: [identity.certificate] });
  const acts: readonly ((peer: Peer) => void)[] = [
    (peer) => peer.reset(),
    (peer) => peer.finish(),
    (peer) => peer.send("SSH-2.0-x\r\n"),
    () => undefined,
    () => undefined,
  ];
  const kinds: unknown[] = [];
  const servers = await listenPeers({ hostname: "127.0.0.1", port: 0 });
  for (const [index, act] of acts.entries()) {
    const address = { kind: "tcp", host: "127.0.0.1", port: servers.port } as const;
    const connection = await transport.connect({ address, ...connectDefaults }).done;
    const options = { serverName: "one.test", verifyName: null, sessionKey: "", timeoutMs: index === 3 ? 50 : 10_000 };
    const securing = tls.secureClient(connection, context, options);
    act(await servers.peer(index));
    if (index === 4) securing.cancel();
    kinds.push(await securing.done.catch((error: TlsFailure) => error.kind));
  }
  servers.close();
  return kinds;
}
