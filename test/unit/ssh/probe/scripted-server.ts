/** An SSH server on loopback as far as the first keys, which can be made to do anything else. */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { joinBytes, SshFieldReader, stringField } from "../../../../src/wire/ssh/kex/fields.ts";
import { exchangeHash } from "../../../../src/wire/ssh/kex/key-exchange.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { kexInitPayload, type Lists } from "../../wire/ssh/bytes.ts";
import { answerTo, type ServerKey } from "../../wire/ssh/kex/server-side.ts";

export const ordinaryLists: Lists = {
  kex: "curve25519-sha256,kex-strict-s-v00@openssh.com",
  hostKey: "ssh-ed25519",
  ciphers: "aes128-ctr",
  macs: "hmac-sha2-256",
  compression: "none",
};

export interface Script {
  readonly line?: string;
  /** Sent before anything else. */
  readonly before?: Uint8Array;
  readonly lists?: Lists;
  /** By the algorithm that the client asks for. */
  readonly keys: ReadonlyMap<string, ServerKey>;
  /** Packets in front of the KEXINIT, whole. */
  readonly beforeKexInit?: Uint8Array;
  /** Payloads in front of the reply. */
  readonly beforeReply?: readonly Uint8Array[];
  /** What is done with the reply's payload; null: it is not sent. */
  readonly bend?: (reply: Uint8Array) => Uint8Array | null;
}

/** What one client has sent. */
export interface Visit {
  line: string;
  /** Payloads of its packets in order. */
  readonly payloads: Uint8Array[];
  /** Bytes before its line: a PROXY header. */
  header: string;
  /** How it ended. */
  end: "fin" | "reset" | null;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  readonly visits: readonly Visit[];
}

async function listen(take: (socket: Socket) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(take);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Takes each connection as it likes. */
export async function rawServer(take: (socket: Socket) => void): Promise<ScriptedServer> {
  const visits: Visit[] = [];
  const sockets = new Set<Socket>();
  const { server, port } = await listen((socket) => {
    const visit: Visit = { line: "", payloads: [], header: "", end: null };
    visits.push(visit);
    sockets.add(socket);
    socket.on("error", () => (visit.end = "reset"));
    socket.on("end", () => (visit.end ??= "fin"));
    take(socket);
  });
  return {
    port,
    visits,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const server = await rawServer((socket) => new Session(socket, script, () => server.visits.at(-1)));
  return server;
}

class Session {
  #held: Uint8Array = new Uint8Array(0);
  readonly #kexInit: Uint8Array;
  readonly #line: string;
  #visit: Visit | undefined;

  constructor(
    readonly socket: Socket,
    readonly script: Script,
    readonly visit: () => Visit | undefined,
  ) {
    this.#line = script.line ?? "SSH-2.0-Scripted_1.0";
    this.#kexInit = kexInitPayload(script.lists ?? ordinaryLists);
    if (script.before !== undefined) socket.write(script.before);
    socket.write(`${this.#line}\r\n`);
    socket.on("data", (data) => {
      this.#visit ??= visit();
      this.#held = joinBytes(this.#held, new Uint8Array(data));
      void this.#read();
    });
  }

  async #read(): Promise<void> {
    const visit = this.#visit;
    if (visit === undefined) return;
    while (visit.line === "") {
      const end = this.#held.indexOf(10);
      if (end < 0) return;
      const line = Buffer.from(this.#held.subarray(0, end)).toString("latin1").trimEnd();
      this.#held = this.#held.slice(end + 1);
      if (!line.startsWith("SSH-")) {
        visit.header += line;
        continue;
      }
      visit.line = line;
      if (this.script.beforeKexInit !== undefined) this.socket.write(this.script.beforeKexInit);
      this.#send(this.#kexInit);
    }
    for (;;) {
      if (this.#held.length < 6) return;
      const length = new DataView(this.#held.buffer, this.#held.byteOffset).getUint32(0);
      if (this.#held.length < 4 + length) return;
      const payload = this.#held.slice(5, 4 + length - (this.#held[4] ?? 0));
      this.#held = this.#held.slice(4 + length);
      visit.payloads.push(payload);
      if (payload[0] === 1) this.socket.end();
      if (payload[0] === 30) await this.#reply(visit, payload);
    }
  }

  /** As a server, which sends NEWKEYS at once, and something that is encrypted already. */
  async #reply({ line, payloads }: Visit, init: Uint8Array): Promise<void> {
    const clientKexInit = payloads[0] ?? new Uint8Array(0);
    const lists = new SshFieldReader(clientKexInit, 17);
    const [method, asked] = [lists.text(), lists.text()];
    const key = this.script.keys.get(asked);
    if (key === undefined) return void this.socket.destroy();
    const ours = new SshFieldReader(init, 1).string();
    const { theirs, secret } = await answerTo(method, ours);
    const hashed = joinBytes(stringField(key.blob), stringField(ours), stringField(theirs), secret);
    const said = { clientLine: line, serverLine: this.#line, clientKexInit, serverKexInit: this.#kexInit };
    const hash = exchangeHash("sha256", said, { hostKey: key.blob, signature: new Uint8Array(0), hashed });
    const name = asked.replace("-cert-v01@openssh.com", "");
    const fields = [key.blob, theirs, key.sign(name, hash)].map(stringField);
    for (const one of this.script.beforeReply ?? []) this.#send(one);
    const whole = joinBytes(Uint8Array.of(31), ...fields);
    const reply = this.script.bend === undefined ? whole : this.script.bend(whole);
    if (reply === null) return;
    this.#send(reply);
    this.#send(Uint8Array.of(21));
    this.socket.write(new Uint8Array(64).fill(0xaa));
  }

  #send(payload: Uint8Array): void {
    this.socket.write(formatSshPacket(payload));
  }
}
