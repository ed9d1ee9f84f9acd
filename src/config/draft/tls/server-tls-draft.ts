/** What `server` and `default-server` lines say of TLS while they are read. */
import type { Statement, Word } from "../../text/statement.ts";
import { inheritedOfferWords, newOfferWords, type OfferWords } from "./tls-words.ts";

/** A word of TLS on a line. */
export interface TlsWord {
  readonly statement: Statement;
  readonly keyword: Word;
  /** What to do instead, for a word that is refused where TLS is spoken; null: it works there. */
  readonly refusal: string | null;
}

/** The words of one server; fields that say nothing are null. */
export interface ServerTlsWords extends OfferWords {
  /** `ssl`; `no-ssl` takes it back. */
  isSpoken: boolean;
  /** Its `default-server` says `ssl`: an operator can turn it on or off, whatever the line says. */
  isSpokenByDefault: boolean;
  /** Names as files are called once `ca-base` stands before them. */
  authorities: string | null;
  revocations: string | null;
  /** As written: it is read where TLS is spoken. */
  certificate: string | null;
  verify: "none" | "required" | null;
  verifyHost: string | null;
  /** A word that is an expression; read for each server, whose section says what may stand in it. */
  sni: { readonly statement: Statement; readonly word: Word } | null;
  reuse: boolean;
  /** `check-ssl`, `no-check-ssl`. */
  check: boolean | null;
  checkSni: string | null;
  checkAlpn: readonly string[] | null;
  /** By keyword, the last of each. */
  readonly said: Map<string, TlsWord>;
}

/** A line that has said nothing. */
export function newServerTlsWords(): ServerTlsWords {
  return {
    ...newOfferWords(),
    isSpoken: false,
    isSpokenByDefault: false,
    authorities: null,
    revocations: null,
    certificate: null,
    verify: null,
    verifyHost: null,
    sni: null,
    reuse: true,
    check: null,
    checkSni: null,
    checkAlpn: null,
    said: new Map(),
  };
}

/** The same again, for a line that goes on from what another said. */
export function inheritedServerTlsWords(former: ServerTlsWords): ServerTlsWords {
  return { ...former, ...inheritedOfferWords(former), said: new Map(former.said) };
}
