/** One question to one name server, over UDP or TCP, and the wait for an answer that really belongs to it. */
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { DnsAnswer, DnsQuery } from "../wire/dns.ts";
import { formatDnsQuery, isAnswerTo, parseDnsAnswer } from "../wire/dns.ts";
import type { NameserverCounters } from "./dns-counters.ts";

/** A `nameserver` line. `stream`: `tcp@`. */
export interface Nameserver {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly stream: boolean;
}

/** A question on its way. `done` settles with the answer, or null when `cancel` was called or the server cannot be asked. */
export interface DnsExchange {
  readonly done: Promise<DnsAnswer | null>;
  cancel(): void;
}

/**
 * Asks over what the line says; a truncated answer over UDP is asked for again over TCP.
 *
 * Counts what is sent and what cannot be taken for an answer; the answer itself is left to the caller.
 */
export function askNameserver(server: Nameserver, query: DnsQuery, counters: NameserverCounters): DnsExchange {
  let current = (server.stream ? askStream : askDatagram)(server, query, counters);
  let isCancelled = false;
  const done = current.done.then((answer) => {
    if (isCancelled || answer === null || !answer.truncated || server.stream) return answer;
    counters.truncated += 1;
    current = askStream(server, query, counters);
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

/**
 * Asks by datagram from a port of its own, which a liar would have to guess along with the id.
 *
 * The socket is connected, so that the kernel drops what others send; an answer that does not fit the question is dropped and
 * the right one waited for.
 */
function askDatagram(server: Nameserver, query: DnsQuery, counters: NameserverCounters): DnsExchange {
  const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4");
  let resolve!: (value: DnsAnswer | null) => void;
  const promise = new Promise<DnsAnswer | null>((settle) => (resolve = settle));
  let isOpen = true;
  const end = (answer: DnsAnswer | null): void => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
    resolve(answer);
  };
  const fail = (): void => {
    if (isOpen) counters.sendErrors += 1;
    end(null);
  };
  socket.on("error", fail);
  socket.on("message", (message) => {
    if (message.length > query.payloadBytes) {
      counters.tooBig += 1;
      return;
    }
    const answer = takeAnswer(message, query, counters);
    if (answer !== null) end(answer);
  });
  socket.connect(server.port, server.host, () => {
    if (!isOpen) return;
    socket.send(formatDnsQuery(query), (error) => {
      if (error) fail();
      else counters.sent += 1;
    });
  });
  return { done: promise, cancel: () => end(null) };
}

/** Asks over a connection of its own; each message has its length before it in 2 bytes (RFC 7766). */
function askStream(server: Nameserver, query: DnsQuery, counters: NameserverCounters): DnsExchange {
  let resolve!: (value: DnsAnswer | null) => void;
  const promise = new Promise<DnsAnswer | null>((settle) => (resolve = settle));
  const question = formatDnsQuery(query);
  const socket = connect({ host: server.host, port: server.port });
  const pieces: Buffer[] = [];
  let have = 0;
  let wanted = Number.POSITIVE_INFINITY;
  const end = (answer: DnsAnswer | null): void => {
    socket.destroy();
    resolve(answer);
  };
  socket.on("connect", () => {
    socket.write(Uint8Array.of(question.length >> 8, question.length & 0xff, ...question));
    counters.sent += 1;
  });
  socket.on("data", (data) => {
    pieces.push(data);
    have += data.length;
    if (wanted === Number.POSITIVE_INFINITY && have >= 2) wanted = 2 + Buffer.concat(pieces).readUInt16BE(0);
    if (have >= wanted) end(takeAnswer(Buffer.concat(pieces).subarray(2, wanted), query, counters));
  });
  socket.on("error", () => {
    counters.sendErrors += 1;
    end(null);
  });
  socket.on("close", () => resolve(null));
  return { done: promise, cancel: () => end(null) };
}

/** The answer to this question; null, and counted, for anything else. */
function takeAnswer(message: Uint8Array, query: DnsQuery, counters: NameserverCounters): DnsAnswer | null {
  const answer = parseDnsAnswer(message);
  if (answer !== null && isAnswerTo(answer, query)) return answer;
  if (answer !== null && answer.id !== query.id) counters.outdated += 1;
  else counters.invalid += 1;
  return null;
}
