/** Servers of SSH that turn sessions down or serve them, in whatever pieces and order: clients get what one server says, and servers what clients say. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "node:net";
import { bunTransport } from "../../src/net/bun/bun-transport.ts";
import { transport } from "../transport.ts";
import { serverPlan } from "../unit/proxy/plans.ts";
import { type Act, HearingScene } from "../unit/proxy/session/hearing/hearing-scene.ts";
import { type Random, seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** How a client's list of algorithms begins. */
const kexInit = "\0\0@\0\x04\x14";
const retries = 2;
const sessions = 80;
/** Those of them that leave, whenever they like. */
const leaving = 20;

/** What a server does with one connection. */
interface Script {
  readonly kind: "serves" | "full" | "penalty" | "fin" | "reset" | "half";
  /** Whole lines that it says before. */
  readonly lines: string;
  /** And what behind them. */
  readonly word: string;
  readonly pieces: readonly string[];
  /** Not before something has come. */
  readonly isLate: boolean;
}

function script(random: Random, id: number): Script {
  const kind = random.pick(["serves", "full", "penalty", "fin", "reset", "half"] as const);
  const line = (): string =>
    random.pick([`line ${id}\r\n`, "\n", "Exceeded limits\r\n", "Not\r\n", "SS\n", `E${"x".repeat(300)}\n`]);
  const lines = Array.from({ length: random.pick([0, 0, 0, 1, 2]) }, line).join("");
  const words = {
    serves: `SSH-2.0-server_${id}\r\n`,
    full: "Exceeded MaxStartups\r\n",
    penalty: "Not allowed at this time\r\n",
    fin: "",
    reset: random.pick(["", "Excee", "Not allowed at"]),
    half: random.pick([`words ${id}`, "SSH", "Excellent"]),
  };
  const word = words[kind];
  return { kind, lines, word, pieces: cut(random, lines + word), isLate: random.next() < 0.5 };
}

/** Into as many pieces as it likes, often one. */
function cut(random: Random, text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = random.next() < 0.6 ? text.length : random.between(at + 1, text.length);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

function act({ kind, pieces, isLate }: Script, heard: () => string): Act {
  return (socket) => {
    const go = async (): Promise<void> => {
      await say(socket, pieces);
      if (kind === "serves") {
        socket.write(heard(), "latin1");
        socket.on("data", (bytes) => socket.write(bytes));
      } else if (kind === "reset") socket.resetAndDestroy();
      else if (kind !== "half" && pieces.length > 0 && isLate) socket.destroy();
      else socket.end();
    };
    if (isLate) socket.once("data", () => void go());
    else void go();
  };
}

async function say(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const sockets of new Set([transport, bunTransport]))
  test(`${sockets.name}: one server's words follow whole lines of others, and what a client says is heard whole`, async () => {
    const random = seededRandom("servers that turn sessions down");
    await using scene = new HearingScene(sockets);
    const done: { readonly script: Script; readonly at: number }[] = [];
    const heard: string[] = [];
    const servers = await Promise.all(
      [1, 2, 3].map(async (index) => {
        const { port } = await scene.script((socket) => {
          const next = script(random, done.length);
          const at = heard.push("") - 1;
          done.push({ script: next, at });
          // Clients of SSH may speak before the server does, and a piece may come between two of its own.
          socket.on("data", (bytes) => (heard[at] += bytes.toString("latin1")));
          act(next, () => heard[at]!)(socket);
        });
        return serverPlan(`s${index}`, port);
      }),
    );
    await scene.begin({ servers, retries, redispatch: 1 });
    for (let left = sessions; left > 0; left--) {
      const [from, told] = [done.length, scene.records.length];
      const bytes = `SSH-2.0-client_${left}\r\n${random.next() < 0.5 ? "" : kexInit.padEnd(random.between(1, 4000), "k")}`;
      const leaves = left <= leaving;
      const client = await scene.open();
      client.socket.on("end", () => client.socket.end());
      const said = say(client.socket, cut(random, bytes));
      if (leaves) {
        if (random.next() < 0.5) await said;
        client.socket[random.pick(["end", "resetAndDestroy"] as const)]();
      } else {
        const isAnswered = (): boolean => {
          const last = done.at(-1);
          return last?.script.kind === "serves" && client.received.endsWith(last.script.word + bytes);
        };
        await scene.until(() => isAnswered() || client.socket.destroyed || scene.records.length > told);
        client.socket.end();
      }
      await client.ended;
      await scene.until(() => scene.records.length > told);
      const ran = done.slice(from);
      const record = scene.records.at(-1)!;
      // Those that left may be heard of late.
      if (leaves) continue;
      const scripts = JSON.stringify(ran.map((one) => one.script));
      for (const { script: one, at } of ran.slice(0, -1)) {
        expect([one.kind, scripts]).not.toEqual(["serves", scripts]);
        expect([one.kind, scripts]).not.toEqual(["half", scripts]);
        expect([bytes.startsWith(heard[at]!), scripts]).toEqual([true, scripts]);
      }
      const last = ran.at(-1)!.script;
      const isRefused = last.kind !== "serves" && last.kind !== "half";
      const lines = ran.map((one) => one.script.lines).join("");
      const received = isRefused ? client.received.slice(0, lines.length) : client.received;
      const expected = isRefused ? lines : lines + last.word + (last.kind === "serves" ? bytes : "");
      expect([received, scripts]).toEqual([expected, scripts]);
      expect([client.received.startsWith(`${lines}SSH-2.0-fairlead\r\n`), scripts]).toEqual([isRefused, scripts]);
      if (last.kind === "serves") expect(heard[ran.at(-1)!.at]).toBe(bytes);
      expect([record.retries, record.termination, record.bytesOut, scripts]).toEqual([
        ran.length - 1,
        isRefused ? "SC" : last.kind === "half" ? expect.stringMatching(/^(--|SD|CD)$/) : "--",
        expected.length,
        scripts,
      ]);
      if (isRefused) expect([ran.length, scripts]).toEqual([retries + 1, scripts]);
    }
  });
