/** DNS messages (RFC 1035, RFC 2782, RFC 3596, RFC 6891): questions for addresses and services, and hostile answers to them. */
import { formatIPv4, formatIPv6 } from "../ip-literal.ts";

/** What can be asked for: addresses of either family, or where a service is. */
export type DnsType = "A" | "AAAA" | "SRV";

/** One question. `name` in presentation form, without a trailing dot or with it. */
export interface DnsQuery {
  readonly id: number;
  readonly name: string;
  readonly type: DnsType;
  /** UDP payload we accept, told by EDNS. */
  readonly payloadBytes: number;
}

/** Names are lower case, without a trailing dot. */
export type DnsRecord = { readonly name: string; readonly ttlSeconds: number } & (
  | { readonly type: "A" | "AAAA"; readonly host: string }
  | { readonly type: "CNAME"; readonly target: string }
  | {
      readonly type: "SRV";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
);

/** A response, well-formed as a whole. Records of types that nobody asks for here are left out. */
export interface DnsAnswer {
  readonly id: number;
  /** 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly rcode: number;
  readonly truncated: boolean;
  readonly question: { readonly name: string; readonly type: number };
  readonly records: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

const typeCodes = { A: 1, CNAME: 5, AAAA: 28, SRV: 33, OPT: 41 } as const;
const maxLabelBytes = 63;
const maxNameBytes = 255;
/** Longest chain of aliases that is followed. */
const maxAliases = 16;
/** In one name: as many as it could have labels. */
const maxPointers = 127;

/** The name's labels on the wire; null when it is no name (empty or overlong labels, more than 255 bytes). */
function encodeName(name: string): number[] | null {
  const labels = name.replace(/\.$/, "").split(".");
  const bytes: number[] = [];
  for (const label of labels) {
    if (label.length === 0 || label.length > maxLabelBytes || !/^[\x21-\x7e]+$/.test(label)) return null;
    bytes.push(label.length);
    for (const character of label) bytes.push(character.charCodeAt(0));
  }
  bytes.push(0);
  return bytes.length > maxNameBytes ? null : bytes;
}

/** Whether a name can be asked for at all. */
export function isDnsName(name: string): boolean {
  return encodeName(name) !== null;
}

/** Whether a name is a service's, to be asked for SRV records (RFC 2782): `_ssh._tcp.example.org`. */
export function isServiceName(name: string): boolean {
  return name.startsWith("_");
}

/* 0 2 id, 2 2 flags (0x8000 response, 0x0200 truncated, 0x0100 recursion wanted, low 4 bits code),
   4 2 questions, 6 2 answers, 8 2 authorities, 10 2 additional; a question: name, 2 type, 2 class */

/** A recursive question with an EDNS record. Throws a RangeError for what `isDnsName` refuses. */
export function formatDnsQuery(query: DnsQuery): Uint8Array {
  const name = encodeName(query.name);
  if (name === null) throw new RangeError(`not a name: ${query.name}`);
  const code = typeCodes[query.type];
  const { id, payloadBytes } = query;
  const head = [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  const edns = [0, 0, typeCodes.OPT, payloadBytes >> 8, payloadBytes & 0xff, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...name, 0, code, 0, 1, ...edns]);
}

/**
 * Reads a response; null when it is none or anything in it does not fit. Never throws.
 *
 * Names may point backwards only, so that no message makes the reader go round. The number of records is bounded by the
 * message's own length.
 */
export function parseDnsAnswer(bytes: Uint8Array): DnsAnswer | null {
  if (bytes.length < 12) return null;
  const reader = new Reader(bytes);
  const [id = 0, flags = 0, questions = 0, answers = 0, authorities = 0, additionals = 0] = Array.from(
    { length: 6 },
    () => reader.uint16() ?? 0,
  );
  if ((flags & 0x8000) === 0 || questions !== 1) return null;
  const name = reader.name();
  const type = reader.uint16();
  if (name === null || type === null || reader.uint16() !== 1) return null;
  const records = reader.records(answers);
  // What a truncated message says beyond its answers may be cut anywhere.
  const truncated = (flags & 0x0200) !== 0;
  const behind = records === null || truncated ? [] : reader.records(authorities);
  const additional = behind === null || truncated ? [] : reader.records(additionals);
  if (!truncated && (records === null || behind === null || additional === null)) return null;
  return {
    id,
    rcode: flags & 0x0f,
    truncated,
    question: { name, type },
    records: records ?? [],
    additional: additional ?? [],
  };
}

/** Whether an answer belongs to a question: the id alone is too little against a liar. */
export function isAnswerTo(answer: DnsAnswer, query: DnsQuery): boolean {
  const { question } = answer;
  const asked = query.name.replace(/\.$/, "").toLowerCase();
  return answer.id === query.id && question.name === asked && question.type === typeCodes[query.type];
}

/** The answers to a question, following aliases from its name on; records of other names do not count. */
export function answersTo(answer: DnsAnswer, query: Pick<DnsQuery, "name" | "type">): DnsRecord[] {
  let name = query.name.replace(/\.$/, "").toLowerCase();
  for (let turn = 0; turn <= maxAliases; turn++) {
    const own = answer.records.filter((record) => record.name === name);
    const found = own.filter((record) => record.type === query.type);
    if (found.length > 0) return found;
    const alias = own.find((record) => record.type === "CNAME");
    if (alias?.type !== "CNAME") return [];
    name = alias.target;
  }
  return [];
}

class Reader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  uint16(): number | null {
    const high = this.bytes[this.#at];
    const low = this.bytes[this.#at + 1];
    if (high === undefined || low === undefined) return null;
    this.#at += 2;
    return (high << 8) | low;
  }

  /** A name, following pointers to strictly earlier places only. */
  name(): string | null {
    const labels: string[] = [];
    let at = this.#at;
    let earliest = at;
    let length = 1;
    let end: number | null = null;
    for (let pointers = 0; ;) {
      const size = this.bytes[at];
      if (size === undefined) return null;
      if (size === 0) break;
      if (size >= 0xc0) {
        const low = this.bytes[at + 1];
        if (low === undefined) return null;
        const target = ((size & 0x3f) << 8) | low;
        // Pointers to pointers would let each of many records cost as much as the message is long.
        if (target >= earliest || ++pointers > maxPointers) return null;
        end ??= at + 2;
        earliest = target;
        at = target;
        continue;
      }
      length += size + 1;
      if (size > maxLabelBytes || length > maxNameBytes || at + 1 + size > this.bytes.length) return null;
      labels.push(String.fromCharCode(...this.bytes.subarray(at + 1, at + 1 + size)));
      at += 1 + size;
    }
    this.#at = end ?? at + 1;
    return labels.join(".").toLowerCase();
  }

  /** So many records; null when one does not fit. */
  records(count: number): DnsRecord[] | null {
    const records: DnsRecord[] = [];
    for (let index = 0; index < count; index++) {
      const record = this.record();
      if (record === null) return null;
      if (record !== "other") records.push(record);
    }
    return records;
  }

  /* name, 2 type, 2 class, 4 time to live, 2 length, data */
  record(): DnsRecord | "other" | null {
    const name = this.name();
    const type = this.uint16();
    const kind = this.uint16();
    const high = this.uint16();
    const low = this.uint16();
    const length = this.uint16();
    if (name === null || type === null || kind === null || high === null || low === null || length === null)
      return null;
    const end = this.#at + length;
    if (end > this.bytes.length) return null;
    const data = kind === 1 ? this.data(type, length) : "other";
    if (data === null || (data !== "other" && this.#at !== end)) return null;
    this.#at = end;
    return data === "other" ? data : { name, ttlSeconds: high * 65536 + low, ...data };
  }

  data(type: number, length: number): DataOf | "other" | null {
    const at = this.#at;
    switch (type) {
      case typeCodes.A:
        this.#at += 4;
        return length === 4 ? { type: "A", host: formatIPv4(this.bytes, at) } : null;
      case typeCodes.AAAA:
        this.#at += 16;
        return length === 16 ? { type: "AAAA", host: formatIPv6(this.bytes, at) } : null;
      case typeCodes.CNAME: {
        const target = this.name();
        return target === null ? null : { type: "CNAME", target };
      }
      case typeCodes.SRV: {
        const [priority, weight, port, target] = [this.uint16(), this.uint16(), this.uint16(), this.name()];
        if (priority === null || weight === null || port === null || target === null) return null;
        return { type: "SRV", priority, weight, port, target };
      }
      default:
        return "other";
    }
  }
}

type DataOf = DnsRecord extends infer R ? (R extends DnsRecord ? Omit<R, "name" | "ttlSeconds"> : never) : never;
