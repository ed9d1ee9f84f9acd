/** Whatever we take, node's own parser (llhttp, strict) ends where we do, or takes it for nothing at all. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type Random, seededRandom } from "../../../property/seed.ts";
import { readAll, sentOn } from "./exchange-bytes.ts";
import type { Reading } from "./exchange-bytes.ts";
import { oddRequests } from "./odd-requests.ts";
import { requests, responses } from "./sound-messages.ts";

setDefaultTimeout(120_000);

interface NodeReading {
  readonly messages: readonly { readonly start: string; readonly body: string; readonly isWhole: boolean }[];
  readonly error: string;
}

let child: ChildProcessByStdio<Writable, Readable, null>;
let answers: AsyncIterator<string>;

beforeAll(() => {
  child = spawn("node", [join(import.meta.dir, "node-reader.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
});

afterAll(() => {
  child.stdin.end();
});

async function nodeReads(text: string, method?: string): Promise<NodeReading> {
  child.stdin.write(`${JSON.stringify({ text, method })}\n`);
  const answer = await answers.next();
  return JSON.parse(String(answer.value)) as NodeReading;
}

/** What node read otherwise than we; what either refuses ends the matter. */
function differences(ours: Reading, theirs: NodeReading): string[] {
  return ours.messages.flatMap((message, index) => {
    const other = theirs.messages[index];
    if (other === undefined) return theirs.error === "" ? [`${message.start}: not read`] : [];
    if (other.start !== message.start) return [`${message.start}: read as ${other.start}`];
    if (theirs.error !== "" && index === theirs.messages.length - 1) return [];
    if (!message.isWhole && ours.fault !== "" && other.body.startsWith(message.body)) return [];
    if (other.body === message.body && other.isWhole === message.isWhole) return [];
    return [`${message.start}: ${JSON.stringify([message.body, message.isWhole])} read as ${JSON.stringify(other)}`];
  });
}

function surplus(ours: Reading, theirs: NodeReading): string[] {
  if (ours.fault !== "") return [];
  return theirs.messages.slice(ours.messages.length).map((message) => `${message.start}: we have not`);
}

const isConnect = (text: string): boolean => /CONNECT/.test(text);

/** Node ends a connection behind what does not persist. */
function beforeClose(reading: Reading): Reading {
  const last = reading.messages.findIndex((message) => message.framing.endsWith(" close"));
  return last < 0 ? reading : { ...reading, messages: reading.messages.slice(0, last + 1), fault: "closed" };
}

/** Method and target of a head. */
function onStart(head: string): string {
  return head.slice(0, head.indexOf(" HTTP/1."));
}

/** A message as it goes on, with what Connection says of the connection, which its sender adds. */
function sentOnward(message: Parameters<typeof sentOn>[0]): string {
  const connection = message.framing.endsWith(" close") ? "close" : "keep-alive";
  return sentOn({ ...message, head: message.head.replace(/\r\n\r\n$/, `\r\nconnection: ${connection}\r\n\r\n`) });
}

/** Node's reading beside ours, of what came and of what we send on. */
async function compared(text: string): Promise<string[]> {
  const ours = beforeClose(readAll(text));
  const theirs = await nodeReads(text);
  const on = ours.messages.map(sentOnward).join("");
  const server = on === "" || on === text ? theirs : await nodeReads(on);
  const messages = ours.messages.map((message) => ({ ...message, start: onStart(message.head) }));
  const found = [...differences(ours, theirs), ...surplus(ours, theirs), ...differences({ ...ours, messages }, server)];
  return found.map((one) => `${JSON.stringify(text)} ${one}`);
}

describe("requests", () => {
  test("that are in order are read by both, whole, once they have gone through us", async () => {
    for (const text of requests) {
      const ours = beforeClose(readAll(text));
      const theirs = await nodeReads(ours.messages.map(sentOnward).join(""));
      expect({ text, ...theirs }).toEqual({
        text,
        error: "",
        messages: ours.messages.map(({ head, body, isWhole }) => ({ start: onStart(head), body, isWhole })),
      });
    }
  });

  test("that are odd end where ours do", async () => {
    for (const { sent } of oddRequests) expect(await compared(sent)).toEqual([]);
  });

  test("mutated end where ours do", async () => {
    const random = seededRandom("http mutants for llhttp");
    const seeds = [...requests, ...oddRequests.map(({ sent }) => sent)].filter((text) => text.length < 600);
    let taken = 0;
    for (let round = 0; round < 1500; round++) {
      let mutant = random.pick(seeds);
      for (let left = random.between(1, 2); left > 0; left--) mutant = mutated(random, mutant);
      if (isConnect(mutant)) continue;
      taken += readAll(mutant).messages.length > 0 ? 1 : 0;
      expect(await compared(mutant)).toEqual([]);
    }
    expect(taken).toBeGreaterThan(200);
  });
});

const odds = [
  "\r",
  "\n",
  "\0",
  " ",
  "\t",
  ",",
  ";",
  "0",
  "1",
  "+",
  "x",
  "\x0b",
  "\x7f",
  "\xe4",
  "chunked",
  "\r\n",
  "X",
];
/** Whole lines of a head, or of trailers, put behind some line. */
const oddLines = [
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, identity",
  "Content-Length: 3",
  "Content-Length: 0",
  "Content-Length: 3, 3",
  " folded",
  "\tfolded: too",
  "Connection: close, content-length",
  "Connection: transfer-encoding",
  "Upgrade: x",
  "Trailer: Content-Length",
  "Expect: 100-continue",
  '3;x="\\"\r\n"',
];

function mutated(random: Random, text: string): string {
  if (random.next() < 0.3) {
    const ends = [...text.matchAll(/\r\n/g)].map(({ index }) => index);
    const end = ends.length === 0 ? 0 : random.pick(ends);
    return `${text.slice(0, end)}\r\n${random.pick(oddLines)}${text.slice(end)}`;
  }
  const at = random.between(0, text.length);
  return text.slice(0, at) + random.pick(odds) + text.slice(at + random.pick([0, 0, 1, 2]));
}

test("answers end where ours do", async () => {
  for (const { sent, methods } of responses) {
    const [method = "GET"] = methods;
    const ours = readAll(sent, methods);
    const final = ours.messages.findIndex((message) => !message.start.startsWith("1"));
    const theirs = await nodeReads(sent, method);
    const expected = ours.messages.slice(0, final + 1).map(({ start, body, framing, isWhole }) => ({
      start,
      body,
      isWhole: isWhole || framing.startsWith("until-close"),
    }));
    expect({ sent, messages: theirs.messages }).toEqual({ sent, messages: expected });
  }
});

test("mutated answers end where ours do", async () => {
  const random = seededRandom("http answers for llhttp");
  let taken = 0;
  for (let round = 0; round < 1500; round++) {
    const { sent, methods } = random.pick(responses);
    const [method = "GET"] = methods;
    const mutant = mutated(random, sent);
    const ours = readAll(mutant, methods);
    const final = ours.messages.findIndex((message) => !message.start.startsWith("1"));
    const message = ours.messages[final];
    const other = (await nodeReads(mutant, method)).messages[final];
    // What either refuses ends the matter.
    if (message === undefined || other === undefined || !message.isWhole || !other.isWhole) continue;
    taken += 1;
    expect({ mutant, start: other.start, body: other.body }).toEqual({
      mutant,
      start: message.start,
      body: message.body,
    });
  }
  expect(taken).toBeGreaterThan(200);
});
