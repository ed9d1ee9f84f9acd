/** The checks that speak a service's own protocol: smtp, redis, mysql, pgsql, ldap and TLS greetings. */
import type { CheckPlan } from "../plan.ts";
import { firstLine, latin1, latin1Bytes } from "./check-bytes.ts";
import type { Dialogue } from "./check-dialogue.ts";
import { CheckEnd } from "./check-outcome.ts";

/** Throws the check's end, always. The dialogue is connected. */
type Protocol<K extends CheckPlan["kind"]> = (
  dialogue: Dialogue,
  plan: Extract<CheckPlan, { kind: K }>,
) => Promise<never>;

/** Receives until `read` has its answer; an end without a byte is an empty response at `step` of HAProxy's own script. */
async function receive<T>(
  dialogue: Dialogue,
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

/** An answer up to its last line (RFC 5321, section 4.2): code and the first line's text. */
function readReply(answer: Uint8Array, final: boolean): { code: number; text: string } | "wait" {
  const text = latin1(answer);
  const lines = text.split("\n");
  const whole = final ? lines : lines.slice(0, -1);
  const first = whole[0];
  if (first === undefined) return "wait";
  if (!/^[0-9]{3}[ \r-]/.test(first) && !/^[0-9]{3}$/.test(first)) throw new CheckEnd("L7RSP", firstLine(text));
  if (!final && !whole.some((line) => /^[0-9]{3}([ \r]|$)/.test(line))) return "wait";
  return { code: Number(first.slice(0, 3)), text: firstLine(first.slice(4)).trimStart() };
}

/** Greeting, HELO or EHLO, QUIT: each must be answered with 2xx. */
const checkSmtp: Protocol<"smtp"> = async (dialogue, plan) => {
  const expect2xx = async (step: number): Promise<{ code: number; text: string }> => {
    const reply = await receive(dialogue, step, step === 2 ? "L7RSP" : "L7STS", readReply);
    if (reply.code < 200 || reply.code > 299) throw new CheckEnd("L7STS", reply.text, reply.code);
    return reply;
  };
  await expect2xx(2);
  dialogue.send(latin1Bytes(`${plan.hello} ${plan.domain}\r\n`));
  await expect2xx(5);
  dialogue.send(latin1Bytes("QUIT\r\n"));
  const last = await expect2xx(7);
  throw new CheckEnd("L7OK", last.text, last.code);
};

/** PING must be answered with +PONG. Unlike HAProxy, another whole line is an answer too and is not waited out. */
const checkRedis: Protocol<"redis"> = async (dialogue) => {
  dialogue.send(latin1Bytes("*1\r\n$4\r\nPING\r\n"));
  const line = await receive(dialogue, 2, "L7STS", (answer, final) => {
    const text = latin1(answer);
    return text.includes("\r\n") || final ? text : "wait";
  });
  if (line.startsWith("+PONG\r\n")) throw new CheckEnd("L7OK", "Redis server is ok", 0);
  throw new CheckEnd("L7STS", firstLine(line), 0);
};

/* 0  4  length, type R, ...: R (8 bytes or more) carries at 5 the kind of authentication asked for */
const checkPgsql: Protocol<"pgsql"> = async (dialogue, plan) => {
  const user = latin1Bytes(`user\0${plan.user}\0\0`);
  const packet = new Uint8Array(8 + user.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, packet.length);
  view.setUint32(4, 0x00030000);
  packet.set(user, 8);
  dialogue.send(packet);
  const answer = await receive(dialogue, 3, "L7RSP", (bytes, final) =>
    final || bytes.length >= 9 ? latin1(bytes) : "wait",
  );
  if (answer.startsWith("E")) throw new CheckEnd("L7RSP", answer.slice(6).split("\0", 1)[0] ?? "");
  const asksToAuthenticate = /^R\0\0[\s\S]{2}\0\0\0[\x00\x02-\x0a]/.test(answer);
  if (asksToAuthenticate) throw new CheckEnd("L7OK", "PostgreSQL server is ok", 0);
  throw new CheckEnd("L7STS", "PostgreSQL unknown error", 0);
};

/* 0 3 length, little endian; 3 1 number; 4 1 kind: 0xff error (5 2 code, little endian; 7 text), 0x0a greeting (5 version NUL) */
function readMysqlPacket(answer: Uint8Array, final: boolean): Uint8Array | "wait" {
  if (answer.length >= 4) {
    const length = (answer[0] ?? 0) | ((answer[1] ?? 0) << 8) | ((answer[2] ?? 0) << 16);
    if (length > 0 && answer.length >= 4 + length) return answer.slice(4, 4 + length);
  }
  if (final) throw new CheckEnd("L7RSP", null);
  return "wait";
}

function failOnMysqlError(packet: Uint8Array): void {
  if (packet[0] !== 0xff) return;
  throw new CheckEnd("L7STS", latin1(packet.subarray(3)), (packet[1] ?? 0) | ((packet[2] ?? 0) << 8));
}

/** Reads the greeting; with a user also logs in (without a password) and leaves, so that no aborted connection is counted. */
const checkMysql: Protocol<"mysql"> = async (dialogue, plan) => {
  const greeting = await receive(dialogue, 2, "L7RSP", readMysqlPacket);
  failOnMysqlError(greeting);
  const version = latin1(greeting.subarray(1)).split("\0", 1)[0] ?? "";
  if (plan.user !== null) {
    dialogue.send(mysqlLogin(plan.user, plan.post41));
    failOnMysqlError(await receive(dialogue, 4, "L7RSP", readMysqlPacket));
  }
  throw new CheckEnd("L7OK", version, 0);
};

/** The login packet of either protocol generation, and COM_QUIT behind it. */
function mysqlLogin(user: string, post41: boolean): Uint8Array {
  const head = post41
    ? [0x00, 0x82, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, 0x21, ...Array.from({ length: 23 }, () => 0)]
    : [0x00, 0x80, 0x00, 0x00, 0x01];
  const body = [...head, ...latin1Bytes(user), 0, 0];
  return Uint8Array.from([body.length & 0xff, body.length >> 8, 0, 1, ...body, 1, 0, 0, 0, 1]);
}

const anonymousBind = Uint8Array.of(0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0);

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

/* 30 len | 02 01 01 message id | 61 len bind response | 0a 01 code */
function readBindResult(answer: Uint8Array, final: boolean): number | "wait" {
  if (answer[0] !== 0x30) notLdap();
  if (answer.length < 14) return final ? notLdap() : "wait";
  let at = afterBerLength(answer, 1);
  if (answer[at] !== 0x02 || answer[at + 1] !== 1 || answer[at + 2] !== 1) notLdap();
  at += 3;
  if (answer[at] !== 0x61) notLdap();
  at = afterBerLength(answer, at + 1);
  if (answer[at] !== 0x0a || answer[at + 1] !== 1) notLdap();
  return answer[at + 2] ?? notLdap();
}

function afterBerLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  return at + 1 + (first & 0x80 ? first & 0x7f : 0);
}

/** A ClientHello must be answered with a handshake or an alert: either comes from something that speaks TLS. */
const checkSslHello: Protocol<"ssl-hello"> = async (dialogue) => {
  dialogue.send(clientHello());
  const first = await receive(dialogue, 2, "L6RSP", (answer) => answer[0] ?? 0);
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
export async function runProtocol(
  dialogue: Dialogue,
  plan: Exclude<CheckPlan, { kind: "tcp" | "http" | "external" }>,
): Promise<never> {
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
