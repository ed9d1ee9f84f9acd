/** However an answer to a protocol check is cut into segments, the check ends as if it had come in one piece. */
import { bytesOf, latin1 } from "../../src/wire/latin1.ts";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Decide } from "../../src/proxy/check/run/dialogue.ts";
import { DialogueFailure } from "../../src/proxy/check/run/dialogue-failure.ts";
import { CheckEnd } from "../../src/proxy/check/run/outcome.ts";
import { type ProtocolDialogue, type ProtocolPlan, runProtocol } from "../../src/proxy/check/run/protocols.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("check-segments");
const rounds = 1500;

/** As small as a buffer may be, so that hostile answers fill it. */
const bufsizeBytes = 1024;

/** A server that says one text after the other, each once the check has sent something (the first at once, when it greets). */
class Script implements ProtocolDialogue {
  readonly sent: string[] = [];
  #answer: Uint8Array = new Uint8Array(0);
  #waiting: Uint8Array[] = [];
  #ended = false;
  readonly #texts: string[];

  constructor(
    greeting: string,
    texts: readonly string[],
    private readonly cut: (text: string) => readonly string[],
    private readonly isClosing: boolean,
  ) {
    this.#texts = [...texts];
    this.#say(greeting);
  }

  send(bytes: Uint8Array): void {
    this.sent.push(latin1(bytes));
    // What a server says out of turn is forgotten, wherever it was cut.
    this.#answer = new Uint8Array(0);
    this.#waiting = [];
    this.#say(this.#texts.shift() ?? "");
  }

  async receive<T>(decide: Decide<T>): Promise<T> {
    for (;;) {
      const full = this.#answer.length >= bufsizeBytes;
      if (this.#answer.length > 0 || this.#ended) {
        const decided = decide(this.#answer, this.#ended || full);
        if (decided !== "wait") return decided;
        if (this.#ended || full) throw new DialogueFailure("L7TOUT", null);
      }
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#answer = Uint8Array.from([...this.#answer, ...next]).subarray(0, bufsizeBytes);
      } else if (this.isClosing) this.#ended = true;
      else throw new DialogueFailure("L7TOUT", null);
    }
  }

  #say(text: string): void {
    if (text !== "") this.#waiting.push(...this.cut(text).map((one) => bytesOf(one)));
  }
}

type Run = { plan: ProtocolPlan; greeting: string; texts: readonly string[]; isClosing: boolean };

async function outcome({ plan, greeting, texts, isClosing }: Run, cut: (text: string) => string[]): Promise<unknown> {
  const script = new Script(greeting, texts, cut, isClosing);
  try {
    return await runProtocol(script, plan);
  } catch (error) {
    if (error instanceof CheckEnd) return [error.status, error.code, error.info, script.sent.length];
    // Nothing else may come out of a check, whatever the server says.
    if (error instanceof DialogueFailure) return [error.status, script.sent.length];
    throw error;
  }
}

const whole = (text: string): string[] => [text];
const byteByByte = (text: string): string[] => [...text];

function packet(number: number, payload: string): string {
  return `${String.fromCharCode(payload.length & 0xff, payload.length >> 8, 0, number)}${payload}`;
}

function berLength(length: number, form: number): string {
  if (form === 0) return String.fromCharCode(length);
  return String.fromCharCode(0x80 | form) + "\0".repeat(form - 1) + String.fromCharCode(length);
}

function bindResult(code: number, outer: number, inner: number): string {
  const body = `\x0a\x01${String.fromCharCode(code)}\x04\0\x04\0`;
  const message = `\x02\x01\x01\x61${berLength(body.length, inner)}${body}`;
  return `\x30${berLength(message.length, outer)}${message}`;
}

const greeting = packet(0, `\x0a8.0.1\0\x01\0\0\x0012345678\0\xff\xf7\x08\x02\0\xff\x81\x15${"\0".repeat(10)}`);
const denied = "\xff\x15\x04#28000Access denied";

type Spoken = readonly [plan: ProtocolPlan, greeting: string, texts: readonly string[]];

const smtp: ProtocolPlan = { kind: "smtp", hello: "HELO", domain: "x" };
const pgsql: ProtocolPlan = { kind: "pgsql", user: "joe" };
const mysql: ProtocolPlan = { kind: "mysql", user: null, post41: true };
const logins: readonly ProtocolPlan[] = [true, false].map((post41) => ({ kind: "mysql", user: "joe", post41 }));

/** What each protocol's servers say, the good and the bad: a greeting, and the answers that follow. */
const scripts: readonly Spoken[] = [
  ...["220 hi there\r\n", "220-hi\r\n220 there\r\n", "554 go away\r\n", "220\r\n", "hello\r\n"].flatMap((first) =>
    ["250-a\r\n250-b\r\n250 c\r\n", "250 ok\r\n", "502 no\r\n", "xyz\r\n"].flatMap((second) =>
      ["221 2.0.0 bye\r\n", "500 what\r\n", ""].map((third): Spoken => [smtp, first, [second, third]]),
    ),
  ),
  ...["+PONG\r\n", "-NOAUTH Authentication required.\r\n", "+PONG\r\n+PONG\r\n"].map((text): Spoken => [
    { kind: "redis" },
    "",
    [text],
  ]),
  ...[
    "R\0\0\0\x08\0\0\0\0",
    "R\0\0\0\x0c\0\0\0\x05abcd",
    "R\0\0\0\x08\0\0\0\x63",
    "zzzzzzzzzzzz",
    "E\0\0\0\x2eSFATAL\0C28000\0Mno entry\0\0",
    "EFATAL: too old\n\0",
  ].map((text): Spoken => [pgsql, "", [text]]),
  ...[greeting, packet(0, denied), "\xff\xff\xff\0\x0a", packet(0, "")].flatMap((first): Spoken[] => [
    [mysql, first, []],
    ...[packet(2, "\0\0\0\x02\0\0\0"), packet(2, denied)].flatMap((second) =>
      logins.map((login): Spoken => [login, "", [first + second]]),
    ),
  ]),
  ...[0, 1, 2, 4].flatMap((outer) =>
    [0, 1, 4].flatMap((inner) =>
      [0, 49].map((code): Spoken => [{ kind: "ldap" }, "", [bindResult(code, outer, inner)]]),
    ),
  ),
  [{ kind: "ldap" }, "", ["0\x80\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0\0\0"]],
  [{ kind: "ldap" }, "", ["0\x84\xff\xff\xff\xff\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"]],
  ...["\x16\x03\x03\0\x02\x02\0", "\x15\x03\x03\0\x02\x02\x28", "HTTP/1.1 400 Bad Request\r\n"].map((text): Spoken => [
    { kind: "ssl-hello" },
    "",
    [text],
  ]),
];

function below(limit: number): number {
  return Math.floor(random.next() * limit);
}

/** As it is, cut short, with a byte changed, with something behind it, or more than a buffer holds. */
function spoiled(text: string): string {
  switch (below(6)) {
    case 0:
      return text.slice(0, below(text.length + 1));
    case 1: {
      const at = below(text.length);
      return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1);
    }
    case 2:
      return text + String.fromCharCode(below(256)).repeat(1 + below(40));
    case 3:
      return text.repeat(1 + below(80));
    case 4:
      return Array.from({ length: below(60) }, () => String.fromCharCode(below(256))).join("");
    default:
      return text;
  }
}

function pieces(text: string): string[] {
  const cuts = Array.from({ length: 1 + below(4) }, () => below(text.length + 1)).toSorted((one, other) => one - other);
  return [0, ...cuts].map((at, index) => text.slice(at, cuts[index] ?? text.length)).filter((one) => one !== "");
}

test("as they are, byte by byte and at each single cut", async () => {
  for (const [plan, first, texts] of scripts) {
    for (const isClosing of [true, false]) {
      const run = { plan, greeting: first, texts, isClosing };
      const expected = await outcome(run, whole);
      const told = `${plan.kind} ${JSON.stringify([first, ...texts])}`;
      expect([told, await outcome(run, byteByByte)]).toEqual([told, expected]);
      const longest = Math.max(first.length, ...texts.map((text) => text.length));
      for (let at = 1; at < longest; at++) {
        const cut = (text: string): string[] => [text.slice(0, at), text.slice(at)].filter((one) => one !== "");
        expect([told, at, await outcome(run, cut)]).toEqual([told, at, expected]);
      }
    }
  }
});

test("cut short, changed and made too long, in any pieces", async () => {
  for (let round = 0; round < rounds; round++) {
    const [plan, first, texts] = random.pick(scripts);
    const run = { plan, greeting: spoiled(first), texts: texts.map(spoiled), isClosing: below(2) === 0 };
    const expected = await outcome(run, whole);
    const told = `${plan.kind} ${JSON.stringify([run.greeting, ...run.texts])} ${run.isClosing}`;
    expect([told, await outcome(run, byteByByte)]).toEqual([told, expected]);
    expect([told, await outcome(run, pieces)]).toEqual([told, expected]);
  }
});
