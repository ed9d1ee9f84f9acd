/** What rules come to: a verdict, and what they do to a session on the way. */

import type { HttpEffects } from "../http-view.ts";

/** How a step through rules ends; see RuleRun. "switch-mode": accepted, and what is not HTTP yet is from here on. */
export type Verdict =
  | "pass"
  | "accept"
  | "reject"
  | "silent-drop"
  | "tarpit"
  | "close"
  | "expect-proxy"
  | "wait"
  | "answer"
  | "switch-mode";

/** A name, whom to ask for it, and the family of addresses that is wanted most. */
export interface NameAsked {
  readonly resolvers: string;
  readonly name: string;
  readonly prefers: 4 | 6;
}

/** What rules may do to a session beyond deciding; the proxy carries it out. */
export interface RuleEffects {
  /** SO_MARK of the client's connection. */
  setMark(mark: number): void;
  /** IP_TOS, or IPV6_TCLASS, of the client's connection. */
  setTos(tos: number): void;
  /** 0 to 7, or null for `silent`. */
  setLogLevel(level: number | null): void;
  /** Place in a backend's queue; each call gives one of both. */
  setPriority(priority: { readonly class: number } | { readonly offset: number }): void;
  /** `ssh-reject`: what its client reads when the verdict is "reject". */
  setLastWord(text: string, code: number): void;
  /** `do-log`: writes the session's line as it stands now. */
  doLog(): void;
  /** `tcp-request content capture` where there is no exchange, into a slot of the session's own. */
  captureEarly(slot: number, text: string): void;
  /**
   * `do-resolve`: asks a `resolvers` section, and is asked again by the same `asker` until there is an answer; an address, or null
   * where the name has none. "wait": the rules are gone on with once there is one.
   */
  lookUp(asker: object, question: NameAsked): "wait" | string | null;
  /** Of an exchange; left out outside `mode http`, where no rule asks for it. */
  readonly http?: HttpEffects;
}
