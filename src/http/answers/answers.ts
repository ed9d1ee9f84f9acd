/** Answers of ours, put together: what a rule or a failure asks for, with the pages that the plan has in HAProxy's place. */
import type { HttpRules } from "../../proxy/rules/http-rules.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { HttpReply } from "../../rules/http-view.ts";
import { HeadReader } from "../../wire/http/head-reader.ts";
import type { Head } from "../../wire/http/head.ts";
import { reasonOf } from "../../wire/http/reasons.ts";
import { type Answer, pageOf } from "./pages.ts";

const nothing = new Uint8Array(0);

/** What a reply comes to; null: the connection is closed without a word, as an empty `errorfile` asks for. */
export function answerOf(
  reply: HttpReply,
  halves: readonly (HttpRules | null)[],
  context: SampleContext,
): Answer | null {
  if (reply.kind === "file") return parsed(reply.bytes);
  if (reply.kind === "made") return made(reply);
  const answer = page(reply.status, halves, context);
  if (answer === null || reply.fields === undefined) return answer;
  const names = new Set(reply.fields.map(([name]) => name));
  return { ...answer, fields: [...answer.fields.filter(([name]) => !names.has(name)), ...reply.fields] };
}

/** The page of a status: a backend's, else a frontend's, else HAProxy's. */
function page(status: number, halves: readonly (HttpRules | null)[], context: SampleContext): Answer | null {
  for (const half of halves) {
    const own = half?.pages.get(status);
    if (own === undefined) continue;
    const reply = own(context);
    // One page in another's place is HAProxy's own.
    if (reply.kind === "page") return pageOf(reply.status);
    return reply.kind === "file" ? parsed(reply.bytes) : made(reply);
  }
  return pageOf(status);
}

function made({ status, reason, fields, body }: HttpReply & { kind: "made" }): Answer {
  const bytes = body ?? nothing;
  const length = ["content-length", String(bytes.length)] as const;
  // In HAProxy's order.
  const type = fields.filter(([name]) => name === "content-type");
  const others = fields.filter(([name]) => name !== "content-type");
  const isEmpty = body === null || body.length === 0;
  if (fields.some(([name]) => name === "content-length"))
    return { status, reason: reason ?? reasonOf(status), fields, body: bytes };
  return {
    status,
    reason: reason ?? reasonOf(status),
    fields: status === 204 ? others : isEmpty ? [length, ...fields] : [...others, length, ...type],
    body: bytes,
  };
}

const files = new WeakMap<Uint8Array, Answer | null>();
const limits = { bytes: 1024 * 1024, fields: 1024, target: 1 };

/** A whole response from a file; its lines may end with LF alone. Null: it is empty. */
function parsed(bytes: Uint8Array): Answer | null {
  let answer = files.get(bytes);
  if (answer === undefined) files.set(bytes, (answer = parse(bytes)));
  return answer;
}

function parse(bytes: Uint8Array): Answer | null {
  if (bytes.length === 0) return null;
  const text = Buffer.from(bytes).toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  const headText = end === null ? text : text.slice(0, end.index);
  const head = Buffer.from(`${headText.replaceAll(/\r?\n/g, "\r\n")}\r\n\r\n`, "latin1");
  const body = end === null ? nothing : bytes.slice(end.index + end[0].length);
  const reader = new HeadReader("response", limits, true);
  if (reader.read(head, 0, head.length) !== "whole") return pageOf(500);
  const { fields, status, reason } = reader.head;
  const known: [string, string][] = [];
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (name === "content-length") known.push([name, String(body.length)]);
    else if (name !== "connection" && name !== "transfer-encoding") known.push([name, fields.value(index)]);
  }
  if (fields.find("content-length") < 0) known.unshift(["content-length", String(body.length)]);
  return { status, reason, fields: known, body };
}

/** Writes an answer into a head of ours. */
export function fillHead(head: Head, { status, reason, fields }: Answer): void {
  head.fields.clear();
  head.version = 11;
  head.setStatus(status, reason);
  for (const [name, value] of fields) head.fields.add(name, value);
}
