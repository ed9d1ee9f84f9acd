/** Host keys as a text that outlives the process: a line of JSON for each server, between a first and a last one. */
import * as v from "valibot";
import { foreignText, savedValue, wrongHead } from "../saved-head.ts";
import type { KnownServers } from "./known.ts";

/** The first line says whose it is, and of which form. */
const head = { file: "fairlead ssh-hostkeys", version: 1 } as const;
/** More lines than ever there are. */
const mostLines = 100_000;

const instant = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(8_640_000_000_000_000));
const name = v.pipe(v.string(), v.maxLength(1024));
const fingerprint = v.pipe(v.string(), v.regex(/^SHA256:[A-Za-z0-9+/]{43}$/));
const span = { fingerprint, firstAt: instant, lastAt: instant };

const key = v.strictObject({
  ...span,
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}(?: certificate)?$/)),
  type: v.picklist(["RSA", "DSA", "ECDSA", "ED25519"]),
  bits: v.pipe(instant, v.maxValue(65_536)),
  isVerified: v.boolean(),
  isListed: v.boolean(),
  before: v.nullable(v.strictObject(span)),
});

const serverLine = v.strictObject({
  backend: name,
  server: name,
  address: name,
  lookedAt: v.nullable(instant),
  keys: v.pipe(v.array(key), v.maxLength(32)),
});

const lastLine = v.strictObject({ lines: instant });

/** Its lines, with their ends; in steps. */
export function* savedLines(known: KnownServers): Iterable<string> {
  let lines = 0;
  yield line(head);
  for (const { backend, server, address, lookedAt, keys } of known.all()) {
    if (keys.size === 0) continue;
    if (lines === mostLines - 2) break;
    lines += 1;
    yield line({ backend, server, address, lookedAt, keys: [...keys.values()] });
  }
  yield line({ lines });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Takes such a text in, or nothing of it: what is wrong with it then, in words. One step a line. */
export function* restore(known: KnownServers, content: string): Generator<undefined, string | null> {
  const saved: v.InferOutput<typeof serverLine>[] = [];
  let at = 0;
  for (let number = 1; number <= mostLines; number++) {
    const end = content.indexOf("\n", at);
    if (end < 0) return number === 1 ? foreignText(head) : "it ends before its last line";
    const value = savedValue(content.slice(at, end));
    at = end + 1;
    yield;
    if (number === 1) {
      const wrong = wrongHead(head, value);
      if (wrong !== null) return wrong;
      continue;
    }
    const last = v.safeParse(lastLine, value);
    if (last.success) {
      if (last.output.lines !== saved.length || at !== content.length) return "lines of it are missing";
      for (const one of saved) {
        known.takeIn(known.at(one.backend, one.server, one.address), one);
        yield;
      }
      return null;
    }
    const server = v.safeParse(serverLine, value);
    if (!server.success) return `line ${number} makes no sense`;
    saved.push(server.output);
  }
  return "it has too many lines";
}
