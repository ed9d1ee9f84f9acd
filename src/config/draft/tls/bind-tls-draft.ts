/** What a `bind` line says of TLS while it is read, and what the lines of its lists say of each certificate. */
import type { ClientVerification, TlsEntryPlan } from "../../../plan/tls.ts";
import type { Statement, Word } from "../../text/statement.ts";
import { newOfferWords, type OfferWords } from "./tls-words.ts";

/** How clients' certificates are judged, as said; null: not said. */
export interface VerifyWords {
  verify: ClientVerification["verify"] | null;
  authorities: string | null;
  unnamedAuthorities: string | null;
  revocations: string | null;
}

/** What a line of a `crt-list` may say in brackets, and a `bind` line of all its certificates. */
export interface ListenerWords extends OfferWords, VerifyWords {
  /** Whether `curves` is the one of `ecdhe`. */
  hasOneCurve: boolean;
  /** Every word of TLS that was said, with why it is refused where TLS is spoken; null: it is not. */
  readonly said: Map<string, SaidWord>;
}

/** Where a word stands. */
export interface SaidWord {
  readonly statement: Statement;
  readonly keyword: Word;
  readonly refusal: string | null;
}

/** One certificate while its line is read. */
export interface TlsEntryDraft extends Omit<TlsEntryPlan, "own"> {
  /** Null: as the listener says. */
  readonly words: ListenerWords | null;
}

/** A whole `bind` line. */
export interface BindTlsWords extends ListenerWords {
  /** `ssl`. */
  isSpoken: boolean;
  readonly entries: TlsEntryDraft[];
  /** How many of `entries` come from `default-crt`: they stand first. */
  defaults: number;
  readonly lists: string[];
  strictSni: boolean;
  prefersClientCiphers: boolean;
  ignoredLeafErrors: readonly number[] | "all";
  ignoredChainErrors: readonly number[] | "all";
}

/** Nothing said. */
export function newListenerWords(): ListenerWords {
  return {
    ...newOfferWords(),
    hasOneCurve: false,
    verify: null,
    authorities: null,
    unnamedAuthorities: null,
    revocations: null,
    said: new Map(),
  };
}

/** A `bind` line before its first word. */
export function newBindTlsWords(): BindTlsWords {
  return {
    ...newListenerWords(),
    isSpoken: false,
    entries: [],
    defaults: 0,
    lists: [],
    strictSni: false,
    prefersClientCiphers: false,
    ignoredLeafErrors: [],
    ignoredChainErrors: [],
  };
}
