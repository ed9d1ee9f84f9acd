/** HTTP as the health endpoint speaks it: one request a connection, answered in slices as slowly as it is read. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PacedWriter } from "../answers/paced-writer.ts";
import { pour, type Rows } from "../answers/slices.ts";

/** What is asked for. */
export interface PageRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** What the Host fields say. */
  readonly hosts: readonly string[];
  /** HTTP/1.0, which knows neither Host nor chunks. */
  readonly isOld: boolean;
}

/** Names and values. */
type Headers = readonly (readonly [string, string])[];

/** What is answered. Rows are sent as they are made, a text with its length. */
export interface Page {
  readonly code: number;
  readonly type: string;
  readonly body: string | Rows;
  readonly headers?: Headers;
}

/** Who answers: how our own commands know it, and others by. */
export const serverName = "fairlead";

/** Connections at once. One more takes the place of the one that can be spared best. */
export const connectionsLimit = 64;
const headLimitBytes = 8192;
/** From accept to the end of the request's head: probes send it at once. */
const headLimitMs = 3000;
/** How long a reader may take nothing, and how long it may take for all. */
const readLimitMs = 10_000;
const wholeLimitMs = 60_000;
/** How long the other side may take to close after the last byte. */
const closeLimitMs = 2000;

/** All connections of an endpoint. */
export class PageConnections {
  readonly #answer: (request: PageRequest) => Promise<Page>;
  readonly #fault: (error: unknown) => void;
  /** In the order of their coming. */
  readonly #all = new Set<PageConnection>();

  /** `fault` hears of an answer that threw: it breaks off there. */
  constructor(answer: (request: PageRequest) => Promise<Page>, fault: (error: unknown) => void) {
    this.#answer = answer;
    this.#fault = fault;
  }

  /** Serves a connection. The socket must be half-open on its end: a client may be done before it has its answer. */
  take(socket: Socket): void {
    if (this.#all.size >= connectionsLimit) this.#spare();
    const one = new PageConnection(socket, this.#answer, this.#fault);
    this.#all.add(one);
    socket.on("close", () => this.#all.delete(one));
  }

  /** Lets the oldest go that has not said yet what it wants, else the oldest of all: an answer takes a moment unless it is not read. */
  #spare(): void {
    let oldest: PageConnection | null = null;
    for (const one of this.#all) {
      oldest ??= one;
      if (one.hasAsked) continue;
      oldest = one;
      break;
    }
    if (oldest === null) return;
    this.#all.delete(oldest);
    oldest.close();
  }

  /** Ends all of them. */
  close(): void {
    for (const one of this.#all) one.close();
  }
}

class PageConnection {
  readonly #socket: Socket;
  readonly #answer: (request: PageRequest) => Promise<Page>;
  readonly #fault: (error: unknown) => void;
  #head = "";
  #timer: ReturnType<typeof setTimeout>;
  hasAsked = false;

  constructor(socket: Socket, answer: (request: PageRequest) => Promise<Page>, fault: (error: unknown) => void) {
    this.#socket = socket;
    this.#answer = answer;
    this.#fault = fault;
    this.#timer = this.#limit(headLimitMs);
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => this.#read(part));
    socket.on("end", () => {
      if (!this.hasAsked) this.close();
    });
    socket.on("error", () => this.close());
    socket.on("close", () => clearTimeout(this.#timer));
  }

  close(): void {
    this.#socket.destroy();
  }

  #limit(ms: number): ReturnType<typeof setTimeout> {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), ms);
    this.#timer.unref();
    return this.#timer;
  }

  #read(part: string): void {
    // A request's body, or another request: nobody waits for it, but unread it would take the answer's end with it.
    if (this.hasAsked) return;
    const ends = /\r?\n\r?\n/g;
    // However few bytes come at once, none is looked at again and again.
    ends.lastIndex = Math.max(0, this.#head.length - 3);
    this.#head += part;
    const end = ends.exec(this.#head)?.index ?? -1;
    if (end < 0 && this.#head.length <= headLimitBytes) return;
    this.hasAsked = true;
    this.#limit(wholeLimitMs);
    const request = end < 0 ? null : requestOf(this.#head.slice(0, end));
    this.#head = "";
    void this.#send(request, emptyPage(end < 0 ? 431 : 400)).catch((error: unknown) => {
      this.#fault(error);
      this.close();
    });
  }

  async #send(request: PageRequest | null, refusal: Page): Promise<void> {
    const page = request === null ? refusal : await this.#answer(request);
    const writer = new PacedWriter(this.#socket);
    const write = (text: string): Promise<boolean> => writer.write(text, readLimitMs);
    const hasBody = request?.method !== "HEAD";
    const { body } = page;
    const isText = typeof body === "string";
    const isChunked = !isText && request?.isOld !== true;
    const length: Headers = isText
      ? [["Content-Length", String(Buffer.byteLength(body))]]
      : isChunked
        ? [["Transfer-Encoding", "chunked"]]
        : [];
    const head = headText(page, length);
    if (isText) await write(hasBody ? head + body : head);
    else if (await write(head)) {
      if (hasBody && !(await pour(body, (text) => write(isChunked ? chunk(text) : text)))) return;
      if (hasBody && isChunked) await write("0\r\n\r\n");
    }
    if (this.#socket.destroyed) return;
    this.#limit(closeLimitMs);
    this.#socket.end();
  }
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

const requestLine = /^([\w!#$%&'*+.^`|~-]+) (\S+) HTTP\/1\.([01])$/;
const fieldLine = /^([\w!#$%&'*+.^`|~-]+):(.*)$/s;

/** A head up to its last field; null: it is none. A field over several lines, or with a blank in its name, is refused as RFC 9112 has it. */
function requestOf(head: string): PageRequest | null {
  const [first = "", ...lines] = head.replace(/^\r?\n/, "").split(/\r?\n/);
  const [, method, target = "", minor] = requestLine.exec(first) ?? [];
  if (method === undefined) return null;
  const hosts: string[] = [];
  for (const line of lines) {
    const [, name, value = ""] = fieldLine.exec(line) ?? [];
    if (name === undefined) return null;
    if (name.toLowerCase() === "host") hosts.push(value.trim());
  }
  return { method, target, hosts, isOld: minor === "0" };
}

function emptyPage(code: number): Page {
  return { code, type: "text/plain; charset=utf-8", body: "" };
}

function headText({ code, type, headers = [] }: Page, length: Headers): string {
  const all: Headers = [
    ["Server", serverName],
    ["Content-Type", type],
    ...length,
    ["Cache-Control", "no-store"],
    ["X-Content-Type-Options", "nosniff"],
    ...headers,
    ["Date", new Date().toUTCString()],
    // One answer each: connections are few and short, and none lingers when the process wants to end.
    ["Connection", "close"],
  ];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ""}\r\n${lines.join("")}\r\n`;
}
