/**
 * The checks that speak a service's own protocol: smtp, redis, mysql, pgsql, ldap and TLS greetings.
 *
 * What is judged is always whole (a line, a packet, a message) or all there will be, so that an answer means the same however
 * it is cut into segments; HAProxy judges some by what happens to be there first.
 */
import { bytesOf, latin1 } from "../../../wire/latin1.ts";
import type { CheckPlan } from "../../../plan/check.ts";
import { firstLine } from "./check-bytes.ts";
import type { Dialogue } from "./dialogue.ts";
import { CheckEnd } from "./outcome.ts";

/** What a protocol needs of its connection. */
export type ProtocolDialogue = Pick<Dialogue, "send" | "receive">;

/** The plans of the checks here. */
export type ProtocolPlan = Exclude<CheckPlan, { kind: "tcp" | "http" | "external" | "ssh" }>;

/** Throws the check's end, always. The dialogue is connected. */
type Protocol<K extends CheckPlan["kind"]> = (
  dialogue: ProtocolDialogue,
  plan: Extract<CheckPlan, { kind: K }>,
) => Promise<never>;

/** Receives until `read` has its answer; an end without a byte is an empty response at `step` of HAProxy's own script. */
async function receive<T>(
  dialogue: ProtocolDialogue,
  step: number,
  emptyStatus: string,
  read: (answer: Uint8Array, final: boolean) => T | "wait",
): Promise<T> {
  return dialogue.receive<T>((answer, final) => {
    if (answer.length > 0) return read(answer, final);
    if (!final) return "wait";
    throw new CheckEnd(emptyStatus, `TCPCHK got an empty response at step ${step}`, 0);
  });
}

/** A whole reply of SMTP: the code (0 for what is none), what follows it, and whether it was one. */
interface SmtpReply {
  readonly code: number;
  readonly text: string;
  readonly line: string;
  readonly isWhole: boolean;
}

/** A reply up to its last line (RFC 5321, section 4.2); a line that can be none ends it. */
function readReply(answer: Uint8Array, final: boolean): SmtpReply | "wait" {
  const text = latin1(answer);
  const lines = text.split("\n");
  if (!final) lines.pop();
  const [first] = lines;
  if (first === undefined) return "wait";
  const last = lines.find((line) => !/^[0-9]{3}-/.test(line));
  if (last === undefined && !final) return "wait";
  return {
    code: /^[0-9]{3}/.test(first) ? Number(first.slice(0, 3)) : 0,
    text: firstLine(first.slice(4)).trimStart(),
    line: firstLine(text),
    isWhole: last !== undefined && /^[0-9]{3}[ \r]/.test(last),
  };
}

/** Greeting, HELO or EHLO, QUIT: each must be answered with 2xx. Unlike HAProxy, no refusal is waited out. */
const checkSmtp: Protocol<"smtp"> = async (dialogue, plan) => {
  const expect2xx = async (step: number): Promise<SmtpReply> => {
    const isGreeting = step === 2;
    const reply = await receive(dialogue, step, isGreeting ? "L7RSP" : "L7STS", readReply);
    if (isGreeting && !reply.isWhole) throw new CheckEnd("L7RSP", reply.line);
    if (!reply.isWhole || reply.code < 200 || reply.code > 299) throw new CheckEnd("L7STS", reply.text, reply.code);
    return reply;
  };
  await expect2xx(2);
  dialogue.send(bytesOf(`${plan.hello} ${plan.domain}\r\n`));
  await expect2xx(5);
  dialogue.send(bytesOf("QUIT\r\n"));
  const last = await expect2xx(7);
  throw new CheckEnd("L7OK", last.text, last.code);
};

/** PING must be answered with +PONG. Unlike HAProxy, another whole line is an answer too and is not waited out. */
const checkRedis: Protocol<"redis"> = async (dialogue) => {
  dialogue.send(bytesOf("*1\r\n$4\r\nPING\r\n"));
  const line = await receive(dialogue, 2, "L7STS", (answer, final) => {
    const text = latin1(answer);
    return text.includes("\r\n") || final ? text : "wait";
  });
  if (line.startsWith("+PONG\r\n")) throw new CheckEnd("L7OK", "Redis server is ok", 0);
  throw new CheckEnd("L7STS", firstLine(line), 0);
};

/* 0 1 kind, 1 4 length, 5 ...: R (authentication) carries at 5 which is asked for, E (error) at 6 the text, ended by NUL */
function readPgsqlMessage(bytes: Uint8Array, final: boolean): string | "wait" {
  const isError = bytes[0] === 0x45;
  const isWhole = isError ? bytes.indexOf(0, 6) >= 0 : bytes.length >= 9;
  return isWhole || final ? latin1(bytes) : "wait";
}

/** A start-up message must be answered by a wish to authenticate. */
const checkPgsql: Protocol<"pgsql"> = async (dialogue, plan) => {
  const user = bytesOf(`user\0${plan.user}\0\0`);
  const packet = new Uint8Array(8 + user.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, packet.length);
  view.setUint32(4, 0x00030000);
  packet.set(user, 8);
  dialogue.send(packet);
  const answer = await receive(dialogue, 3, "L7RSP", readPgsqlMessage);
  if (answer.startsWith("E")) throw new CheckEnd("L7RSP", answer.slice(6).split("\0", 1)[0] ?? "");
  const asksToAuthenticate = /^R\0\0[\s\S]{2}\0\0\0[\x00\x02-\x0a]/.test(answer);
  if (asksToAuthenticate) throw new CheckEnd("L7OK", "PostgreSQL server is ok", 0);
  throw new CheckEnd("L7STS", "PostgreSQL unknown error", 0);
};

/* 0 3 length, little endian; 3 1 number; 4 1 kind: 0xff error (5 2 code, little endian; 7 text), 0x0a greeting (5 version NUL) */
function readMysqlPacket(answer: Uint8Array, at: number, final: boolean): Uint8Array | "wait" {
  if (answer.length >= at + 4) {
    const length = (answer[at] ?? 0) | ((answer[at + 1] ?? 0) << 8) | ((answer[at + 2] ?? 0) << 16);
    if (length > 0 && answer.length >= at + 4 + length) return answer.slice(at + 4, at + 4 + length);
  }
  if (final) throw new CheckEnd("L7RSP", null);
  return "wait";
}

function failOnMysqlError(packet: Uint8Array): void {
  if (packet[0] !== 0xff) return;
  throw new CheckEnd("L7STS", latin1(packet.subarray(3)), (packet[1] ?? 0) | ((packet[2] ?? 0) << 8));
}

/**
 * Reads the greeting. With a user also logs in (without a password) and leaves, so that no aborted connection is counted; it
 * speaks first, as HAProxy does: a server that waits for its client (behind another proxy) answers as well.
 */
const checkMysql: Protocol<"mysql"> = async (dialogue, plan) => {
  const login = plan.user === null ? null : mysqlLogin(plan.user, plan.post41);
  if (login !== null) dialogue.send(login);
  const greeting = await receive(dialogue, login === null ? 2 : 3, "L7RSP", (answer, final) =>
    readMysqlPacket(answer, 0, final),
  );
  failOnMysqlError(greeting);
  const version = latin1(greeting.subarray(1)).split("\0", 1)[0] ?? "";
  if (login !== null) {
    const behind = 4 + greeting.length;
    failOnMysqlError(await receive(dialogue, 4, "L7RSP", (answer, final) => readMysqlPacket(answer, behind, final)));
  }
  throw new CheckEnd("L7OK", version, 0);
};

/** The login packet of either protocol generation, and COM_QUIT behind it. */
function mysqlLogin(user: string, post41: boolean): Uint8Array {
  const head = post41
    ? [0x00, 0x82, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, 0x21, ...Array.from({ length: 23 }, () => 0)]
    : [0x00, 0x80, 0x00, 0x00, 0x01];
  const body = [...head, ...bytesOf(user), 0, 0];
  return Uint8Array.from([body.length & 0xff, body.length >> 8, 0, 1, ...body, 1, 0, 0, 0, 1]);
}

const anonymousBind = Uint8Array.of(0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0);

/** The shortest answer to a bind, and what HAProxy waits for before it looks. */
const bindAnswerBytes = 14;

/** An anonymous bind must be answered with success (RFC 4511, sections 4.1.1 and 4.2). */
const checkLdap: Protocol<"ldap"> = async (dialogue) => {
  dialogue.send(anonymousBind);
  const code = await receive(dialogue, 2, "L7RSP", readBindResult);
  if (code === 0) throw new CheckEnd("L7OK", "Success", 0);
  throw new CheckEnd("L7STS", "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9", code);
};

function notLdap(): never {
  throw new CheckEnd("L7RSP", "Not LDAPv3 protocol");
}

/** One BER length (X.690, section 8.1.3): where what it measures begins and ends. */
function readBerLength(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at] ?? notLdap();
  if (first < 0x80) return { start: at + 1, end: at + 1 + first };
  const count = first & 0x7f;
  // No length at all (the indefinite form, which LDAP forbids), or one of more than 4 GB.
  if (count === 0 || count > 4) notLdap();
  let length = 0;
  for (let index = at + 1; index <= at + count; index++) length = length * 256 + (bytes[index] ?? notLdap());
  return { start: at + 1 + count, end: at + 1 + count + length };
}

/* 30 len | 02 01 01 message id | 61 len bind response | 0a 01 code */
function readBindResult(answer: Uint8Array, final: boolean): number | "wait" {
  const isCut = answer.length < bindAnswerBytes;
  if (answer[0] !== 0x30 && (final || !isCut)) notLdap();
  if (isCut || answer.length < readBerLength(answer, 1).end) {
    if (final) throw new CheckEnd("L7RSP", null);
    return "wait";
  }
  const message = readBerLength(answer, 1);
  let at = message.start;
  if (answer[at] !== 0x02 || answer[at + 1] !== 1 || answer[at + 2] !== 1) notLdap();
  at += 3;
  if (answer[at] !== 0x61) notLdap();
  at = readBerLength(answer, at + 1).start;
  if (answer[at] !== 0x0a || answer[at + 1] !== 1 || at + 2 >= message.end) notLdap();
  return answer[at + 2] ?? notLdap();
}

/** A TLS record's head. */
const recordHeadBytes = 5;

/** A ClientHello must be answered with a handshake or an alert: either comes from something that speaks TLS. */
const checkSslHello: Protocol<"ssl-hello"> = async (dialogue) => {
  dialogue.send(clientHello());
  const first = await receive(dialogue, 2, "L6RSP", (answer, final) =>
    answer.length >= recordHeadBytes || final ? (answer[0] ?? 0) : "wait",
  );
  if (first === 0x15 || first === 0x16) throw new CheckEnd("L6OK", null);
  throw new CheckEnd("L6RSP", null);
};

/** A minimal TLS 1.2 ClientHello without extensions (RFC 5246, section 7.4.1.2). */
function clientHello(): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const ciphers = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035, 0x000a];
  const body = [3, 3, ...random, 0, 0, 2 * ciphers.length, ...ciphers.flatMap((one) => [one >> 8, one & 0xff]), 1, 0];
  const handshake = [1, 0, body.length >> 8, body.length & 0xff, ...body];
  return Uint8Array.from([0x16, 3, 1, handshake.length >> 8, handshake.length & 0xff, ...handshake]);
}

/** Runs the check of a plan that is not a script, over a connected dialogue. */
export async function runProtocol(dialogue: ProtocolDialogue, plan: ProtocolPlan): Promise<never> {
  switch (plan.kind) {
    case "smtp":
      return checkSmtp(dialogue, plan);
    case "redis":
      return checkRedis(dialogue, plan);
    case "pgsql":
      return checkPgsql(dialogue, plan);
    case "mysql":
      return checkMysql(dialogue, plan);
    case "ldap":
      return checkLdap(dialogue, plan);
    case "ssl-hello":
      return checkSslHello(dialogue, plan);
  }
}
