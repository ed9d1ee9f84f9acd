/** Writes DNS answers for tests, honest and not. */

export function dnsName(name: string): number[] {
  if (name === "") return [0];
  const text = name.split(".").map((label) => `${String.fromCharCode(label.length)}${label}`);
  return Array.from(`${text.join("")}\0`, (character) => character.charCodeAt(0));
}

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

/** A record; `name` may be bytes, such as a pointer. */
export function dnsRecord(name: string | number[], type: number, data: number[]): number[] {
  const owner = typeof name === "string" ? dnsName(name) : name;
  return [...owner, ...u16(type), 0, 1, 0, 0, 0, 60, ...u16(data.length), ...data];
}

export function aRecord(name: string | number[], host: string): number[] {
  return dnsRecord(name, 1, host.split(".").map(Number));
}

export function srvRecord(name: string, weight: number, port: number, target: string): number[] {
  return dnsRecord(name, 33, [0, 10, ...u16(weight), ...u16(port), ...dnsName(target)]);
}

export interface DnsReply {
  readonly id?: number;
  readonly rcode?: number;
  readonly truncated?: boolean;
  readonly question?: number[];
  readonly answers?: readonly number[][];
  readonly additional?: readonly number[][];
}

/** The question's own bytes: name, type, class. */
export function dnsQuestion(name: string, type: number): number[] {
  return [...dnsName(name), ...u16(type), 0, 1];
}

export function dnsReply(reply: DnsReply): Uint8Array {
  const { id = 7, rcode = 0, truncated = false, question = dnsQuestion("a.test", 1) } = reply;
  const { answers = [], additional = [] } = reply;
  const head = [
    ...u16(id),
    truncated ? 0x82 : 0x80,
    0x80 | rcode,
    0,
    1,
    ...u16(answers.length),
    0,
    0,
    ...u16(additional.length),
  ];
  return Uint8Array.from([...head, ...question, ...answers.flat(), ...additional.flat()]);
}
