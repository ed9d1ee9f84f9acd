/** What is kept holds nothing but itself, however large the payload that it was cut out of. */
import { heapStats } from "bun:jsc";
import { expect, setDefaultTimeout, test } from "bun:test";
import { Abort } from "../../../../src/proxy/check/run/abort.ts";
import { askAgent } from "../../../../src/proxy/check/agent.ts";
import { ProcessVariables, SessionVariables } from "../../../../src/proxy/process/variables.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { ownText } from "../../../../src/rules/value/own.ts";
import { PatternList } from "../../../../src/rules/match/patterns.ts";
import { StickTable } from "../../../../src/rules/stick/table.ts";
import { transport } from "../../../transport.ts";
import { checkAgainst, socketOptions } from "../../proxy/check-scene.ts";
import { saysAndEnds, ScriptedServer } from "../../proxy/scripted-server.ts";
import { done, expression, payload, session, tables } from "../session.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const keys = 4000;
const payloadBytes = 15 * 1024;

function usedBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}

/** What `keep` makes the heap grow by when it is given so many payloads, one after the other. */
async function growthBytes(keep: (text: string, index: number) => unknown, count = keys): Promise<number> {
  const before = usedBytes();
  for (let index = 0; index < count; index++) {
    // Distinct, and flat: a text that was read from bytes.
    const bytes = Buffer.alloc(payloadBytes, 97 + (index % 20));
    bytes.write(`${index}:`.padEnd(16, "k"));
    await keep(bytes.toString("latin1"), index);
  }
  return usedBytes() - before;
}

/** Some 500 bytes for each, which a map's entry with its counters takes, against the 15,360 of its payload. */
const bound = keys * 500;

function table(type: "string" | "binary"): StickTable {
  return new StickTable(
    {
      name: "t",
      type,
      keyLength: 32,
      size: 2 * keys,
      expireMs: 0,
      nopurge: false,
      stores: [{ name: "conn_cur", periodMs: 0, count: 1 }],
    } as unknown as ConstructorParameters<typeof StickTable>[0],
    () => 0,
  );
}

test.each(["string", "binary"] as const)("keys of a table of type %s", async (type) => {
  const stick = table(type);
  const evaluate = compileExpression(expression("req.payload(0,0),lower"), tables([]));
  const grown = await growthBytes((text) => {
    const sample = evaluate(session({ request: payload(text, true) }));
    if (sample === undefined || sample === "wait") throw new Error("no sample");
    stick.findOrCreate(stick.keyOf(sample)!);
  });
  expect(stick.used).toBe(keys);
  expect(grown).toBeLessThan(bound);
});

test("variables of the process and of sessions, text and bytes", async () => {
  const process = new ProcessVariables();
  const sessions: SessionVariables[] = [];
  const grown = await growthBytes((text, index) => {
    const own = new SessionVariables(process);
    sessions.push(own);
    const bytes = new Uint8Array(Buffer.from(text, "latin1"));
    own.set(`proc.v${index}`, { type: "str", value: text.slice(0, 32) });
    own.set("sess.text", { type: "str", value: text.slice(8, 40) });
    own.set("sess.bytes", { type: "bin", value: bytes.subarray(0, 32) });
  });
  expect(sessions[7]?.get("sess.bytes")).toEqual({
    type: "bin",
    value: new Uint8Array(Buffer.from("7:".padEnd(16, "k") + "h".repeat(16))),
  });
  expect(grown).toBeLessThan(4 * bound);
});

test("patterns added and values set at run time", async () => {
  const list = new PatternList({
    id: 0,
    file: null,
    isAcl: true,
    isMap: true,
    description: "",
    uses: [],
    entries: [],
  });
  const grown = await growthBytes((text, index) => {
    list.add(text.slice(0, 32), text.slice(32, 64));
    if (index % 40 === 0) done(list.set({ key: text.slice(0, 32) }, text.slice(64, 96)));
  });
  expect(list.size).toBe(keys);
  expect(grown).toBeLessThan(bound);
});

test("what checks and agents were told", async () => {
  const kept: unknown[] = [];
  await using agent = await ScriptedServer.start((socket) =>
    socket.end(`down #${"x".repeat(30)}\n${"y".repeat(payloadBytes)}`),
  );
  const options = {
    transport,
    interMs: 2000,
    timeouts: { connectMs: 2000, checkMs: 2000 },
    bufsizeBytes: 16_384,
    send: "",
    socket: () => socketOptions,
  };
  const address = { kind: "tcp", host: "127.0.0.1", port: agent.port } as const;
  const ask = async (text: string): Promise<void> => {
    const answered = Promise.withResolvers<unknown>();
    askAgent(options, address, new Abort(), { answered: (_abort, _answer, result) => answered.resolve(result) });
    kept.push(await answered.promise);
    const smtp = { kind: "smtp", hello: "HELO", domain: "x" } as const;
    kept.push((await checkAgainst(saysAndEnds(`500 ${"z".repeat(30)}\r\n${text}`), smtp)).outcome);
  };
  // The first ones leave sockets and code behind.
  await growthBytes(ask, 60);
  const grown = await growthBytes(ask, 60);
  expect(kept[1]).toMatchObject({ result: { info: "z".repeat(30) } });
  expect(grown).toBeLessThan(60 * payloadBytes);
});

test("a copy is the same text", () => {
  for (const text of ["", "a", "abc", "\xff\x00\x80", "a\u20acb", "\ud83d\ude00"]) expect(ownText(text)).toBe(text);
});
