/** What goes to and comes from one name server: any number of questions, over one UDP socket and one TCP connection at most. */
import { randomInt } from "node:crypto";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import type { DnsAnswer, DnsQuery } from "../../wire/dns.ts";
import { formatDnsQuery, isAnswerTo, parseDnsAnswer } from "../../wire/dns.ts";
import type { NameserverCounters } from "./dns-counters.ts";

/** A `nameserver` line. `stream`: `tcp@`. */
export interface Nameserver {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly stream: boolean;
}

/** What is asked; the id is chosen here, so that nobody can foresee it. */
export type DnsQuestion = Omit<DnsQuery, "id">;

/** A question on its way. `done` settles with the answer, or null when `cancel` was called or the server cannot be asked. */
export interface DnsExchange {
  readonly done: Promise<DnsAnswer | null>;
  cancel(): void;
}

/** Questions on the way at once, over each of the two: the more there are, the easier an id is guessed. */
const maxWaiting = 16_384;
/** Messages on one connection that answer nothing: whoever goes on with that is not listened to. */
const maxStrays = 100;

/** Asks one name server. What is sent and what cannot be taken for an answer is counted; the answers are left to the caller. */
export class NameserverExchanges {
  readonly #datagrams: Datagrams;
  readonly #stream: Stream;

  constructor(
    readonly server: Nameserver,
    private readonly counters: NameserverCounters,
  ) {
    this.#datagrams = new Datagrams(server, counters);
    this.#stream = new Stream(server, counters);
  }

  /** Asks over what the line says; a truncated answer over UDP is asked for again over TCP. */
  ask(question: DnsQuestion): DnsExchange {
    if (this.server.stream) return this.#stream.ask(question);
    let current = this.#datagrams.ask(question);
    let isCancelled = false;
    const done = current.done.then((answer) => {
      if (isCancelled || answer === null || !answer.truncated) return answer;
      this.counters.truncated += 1;
      current = this.#stream.ask(question);
      return current.done;
    });
    return {
      done,
      cancel() {
        isCancelled = true;
        current.cancel();
      },
    };
  }

  /** Gives up every question. */
  close(): void {
    this.#datagrams.fail();
    this.#stream.fail();
  }
}

interface Waiting {
  readonly query: DnsQuery;
  readonly settle: (answer: DnsAnswer | null) => void;
}

/** One socket, open while somebody waits for an answer, and who waits. */
abstract class Channel {
  readonly waiting = new Map<number, Waiting>();

  constructor(
    protected readonly server: Nameserver,
    protected readonly counters: NameserverCounters,
  ) {}

  ask(question: DnsQuestion): DnsExchange {
    if (this.waiting.size >= maxWaiting) return { done: Promise.resolve(null), cancel() {} };
    let id = randomInt(65_536);
    while (this.waiting.has(id)) id = randomInt(65_536);
    const query = { ...question, id };
    let settle!: Waiting["settle"];
    const done = new Promise<DnsAnswer | null>((resolve) => (settle = resolve));
    this.waiting.set(id, { query, settle });
    this.send(query);
    return { done, cancel: () => this.#settle(id, settle, null) };
  }

  /** Nobody gets an answer any more. */
  fail(): void {
    for (const [id, { settle }] of this.waiting) this.#settle(id, settle, null);
  }

  /** Sends it, now or as soon as the socket stands. */
  protected abstract send(query: DnsQuery): void;

  /** Closes the socket. */
  protected abstract rest(): void;

  /** The kernel has seen to it that it comes from the name server. False: it answers nothing that was asked. */
  protected hear(message: Uint8Array): boolean {
    if (message.length < 12) {
      this.counters.invalid += 1;
      return false;
    }
    const waiting = this.waiting.get(((message[0] ?? 0) << 8) | (message[1] ?? 0));
    if (waiting === undefined) {
      this.counters.outdated += 1;
      return false;
    }
    const answer = parseDnsAnswer(message);
    if (answer === null || !isAnswerTo(answer, waiting.query)) {
      this.counters.invalid += 1;
      return false;
    }
    this.#settle(answer.id, waiting.settle, answer);
    return true;
  }

  #settle(id: number, settle: Waiting["settle"], answer: DnsAnswer | null): void {
    if (this.waiting.get(id)?.settle !== settle) return;
    this.waiting.delete(id);
    settle(answer);
    if (this.waiting.size === 0) this.rest();
  }

  /** The server cannot be asked. */
  protected lose(): void {
    this.counters.sendErrors += this.waiting.size;
    this.fail();
  }
}

/** A port of the kernel's choice for as long as somebody waits; the socket is connected, so that the kernel drops what others send. */
class Datagrams extends Channel {
  #socket: DatagramSocket | null = null;
  #isConnected = false;

  protected send(query: DnsQuery): void {
    if (this.#socket === null) this.#open();
    else if (this.#isConnected) this.#write(this.#socket, query);
  }

  #open(): void {
    const { host, port } = this.server;
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.#socket = socket;
    socket.on("error", () => {
      if (socket === this.#socket) this.lose();
    });
    socket.on("message", (message) => {
      if (socket === this.#socket) this.#take(message);
    });
    socket.connect(port, host, () => {
      if (socket !== this.#socket) return;
      this.#isConnected = true;
      for (const { query } of this.waiting.values()) this.#write(socket, query);
    });
  }

  #write(socket: DatagramSocket, query: DnsQuery): void {
    socket.send(formatDnsQuery(query), (error) => {
      if (!error) this.counters.sent += 1;
      else if (socket === this.#socket) this.lose();
    });
  }

  #take(message: Uint8Array): void {
    // More than was said to be wanted.
    const [first] = this.waiting.values();
    if (first !== undefined && message.length > first.query.payloadBytes) this.counters.tooBig += 1;
    else this.hear(message);
  }

  protected rest(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isConnected = false;
    socket?.close();
  }
}

/** A connection for as long as somebody waits; each message has its length before it in 2 bytes (RFC 7766). */
class Stream extends Channel {
  #socket: Socket | null = null;
  #isConnected = false;
  #hasAnswered = false;
  #strays = 0;
  #head: number[] = [];
  #body = new Uint8Array(0);
  #filled = 0;

  protected send(query: DnsQuery): void {
    if (this.#socket === null) this.#open();
    else if (this.#isConnected) this.#write(this.#socket, query);
  }

  #open(): void {
    const socket = connect({ host: this.server.host, port: this.server.port });
    this.#socket = socket;
    this.#hasAnswered = false;
    this.#strays = 0;
    this.#head = [];
    socket.on("connect", () => {
      if (socket !== this.#socket) return;
      this.#isConnected = true;
      for (const { query } of this.waiting.values()) this.#write(socket, query);
    });
    socket.on("data", (data: Uint8Array) => {
      for (let at = 0; at < data.length && socket === this.#socket;) at = this.#take(data, at);
    });
    socket.on("error", () => {
      if (socket === this.#socket) this.lose();
    });
    socket.on("close", () => {
      if (socket === this.#socket) this.#reopen();
    });
  }

  /** A server may close after any answer (RFC 7766, 6.2.3); who waits still asks again. */
  #reopen(): void {
    const hasAnswered = this.#hasAnswered;
    this.rest();
    if (hasAnswered && this.waiting.size > 0) this.#open();
    else this.fail();
  }

  #write(socket: Socket, query: DnsQuery): void {
    const question = formatDnsQuery(query);
    socket.write(Uint8Array.of(question.length >> 8, question.length & 0xff, ...question));
    this.counters.sent += 1;
  }

  /** Takes bytes from `at` on, to the end of a message at most; where the next begin. */
  #take(data: Uint8Array, at: number): number {
    if (this.#head.length < 2) {
      if (this.#head.push(data[at] as number) < 2) return at + 1;
      const [high = 0, low = 0] = this.#head;
      this.#body = new Uint8Array((high << 8) | low);
      this.#filled = 0;
      if (this.#body.length === 0) this.#finish();
      return at + 1;
    }
    const end = Math.min(data.length, at + this.#body.length - this.#filled);
    this.#body.set(data.subarray(at, end), this.#filled);
    this.#filled += end - at;
    if (this.#filled === this.#body.length) this.#finish();
    return end;
  }

  #finish(): void {
    this.#head = [];
    if (this.hear(this.#body)) this.#hasAnswered = true;
    else if (++this.#strays > maxStrays) this.lose();
  }

  protected rest(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isConnected = false;
    socket?.destroy();
  }
}
