/** Reads what a client of TLS says first from its connection, and leaves every byte of it there for the engine. */
import type { Connection, Peeked, PeekHandler } from "../transport.ts";
import { TlsFailure, type ClientHello } from "./secure.ts";
import { offeredProtocols, serverName, TlsHelloReader, type TlsHello } from "../../wire/tls-hello.ts";

/** The largest hello that is read, its records' headers included: as HAProxy's buffers. */
const helloBytes = 16_384;

/** Who wants to know what a client says first: one of the two is called, once. */
export interface HelloHandler {
  said(hello: ClientHello): void;
  silent(failure: TlsFailure): void;
}

/** A hello as it comes. */
class HelloReading implements PeekHandler {
  readonly #plain: Connection;
  readonly #handler: HelloHandler;
  readonly #reader = new TlsHelloReader(helloBytes);

  constructor(plain: Connection, handler: HelloHandler) {
    this.#plain = plain;
    this.#handler = handler;
  }

  begin(): void {
    this.#wait(1);
  }

  #wait(atLeast: number): void {
    this.#plain.whenPeeked(atLeast, helloBytes, 0, this);
  }

  /** PeekHandler. */
  peeked({ bytes, state }: Peeked): void {
    const parse = this.#reader.read(bytes);
    if (parse.state === "hello") {
      if (parse.hello.type === 1) this.#handler.said(clientHello(parse.hello));
      else this.#fail("handshake", "no client's hello");
    } else if (parse.state === "none") {
      const isRecord = bytes[0] === 0x16 || ((bytes[0] ?? 0) & 0x80) !== 0;
      this.#fail(isRecord ? "handshake" : "plain", isRecord ? "no hello of TLS" : "not TLS");
    } else if (state === "open") this.#wait(parse.atLeast);
    else if (state === "end") this.#fail("closed", "closed before the hello was whole");
    else this.#fail("lost", "lost before the hello was whole");
  }

  #fail(kind: TlsFailure["kind"], message: string): void {
    this.#handler.silent(new TlsFailure(kind, message));
  }
}

function clientHello(hello: TlsHello): ClientHello {
  return { serverName: serverName(hello), alpn: offeredProtocols(hello), hello };
}

/**
 * Reads it. Has no time-out: whoever resets the connection ends it, with "lost".
 *
 * Bytes of a hello that is none, or is another kind of message, are left in `plain` too.
 */
export function readHello(plain: Connection, handler: HelloHandler): void {
  new HelloReading(plain, handler).begin();
}
