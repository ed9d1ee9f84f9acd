/** Reads what a client of TLS says first from its connection, and leaves every byte of it there for the engine. */
import type { Connection, Peeked, PeekHandler } from "../transport.ts";
import { factsOfHello } from "../../tls-facts.ts";
import { TlsFailure, type ClientHello } from "./secure.ts";
import { offeredProtocols, serverName, TlsHelloReader, type TlsHello } from "../../wire/tls/hello.ts";

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
      else this.#fail("handshake", "no client's hello", "UNEXPECTED_MESSAGE");
    } else if (parse.state === "none") {
      const isRecord = bytes[0] === 0x16 || ((bytes[0] ?? 0) & 0x80) !== 0;
      if (isRecord) this.#fail("handshake", "no hello of TLS", "UNEXPECTED_MESSAGE");
      else this.#fail("plain", "not TLS", reasonOf(bytes));
    } else if (state === "open") this.#wait(parse.atLeast);
    else if (state === "end") this.#fail("closed", "closed before the hello was whole");
    else this.#fail("lost", "lost before the hello was whole");
  }

  /** `error` as in TlsFacts. */
  #fail(kind: TlsFailure["kind"], message: string, error: string | null = null): void {
    this.#handler.silent(new TlsFailure(kind, message, factsOfHello({ error })));
  }
}

/** OpenSSL's reason for not taking it: it knows requests of HTTP by their beginning. */
function reasonOf(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, 5));
  if (text === "CONNE") return "HTTPS_PROXY_REQUEST";
  return /^(?:GET |POST |HEAD |PUT )/.test(text) ? "HTTP_REQUEST" : "WRONG_VERSION_NUMBER";
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
