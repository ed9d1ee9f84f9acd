/** An HTTP exchange as its rules see it: messages, which they change in place, and what they may do besides. */
import type { SessionRecord } from "../session-record.ts";
import type { Fields } from "../wire/http/fields.ts";

/** What has come of a body. */
export interface BodyView {
  readonly bytes: Uint8Array;
  /** No more will come before the rules are decided. */
  readonly final: boolean;
}

/** A request whose head is whole. What a rule changes is what goes to the server. */
export interface HttpRequestView {
  method: string;
  /** As on the request line; latin1. */
  target: string;
  readonly version: "1.0" | "1.1";
  readonly fields: Fields;
  /** What has come of the body, without its chunks' heads. */
  readonly body: BodyView;
  /** What is known to come in all; null where only its end tells (chunked). */
  readonly bodyBytes: number | null;
  /** It was sent to a proxy: `option http-use-proxy-header`, and the target begins with neither `/` nor `*`. */
  readonly isToProxy?: boolean;
}

/** A server's answer, or one of ours, whose head is whole. What a rule changes is what the client gets. */
export interface HttpResponseView {
  status: number;
  reason: string;
  readonly version: "1.0" | "1.1";
  readonly fields: Fields;
  readonly body: BodyView;
  readonly bodyBytes: number | null;
}

/** One request and its answer. */
export interface HttpView {
  /** Null while its head is not whole. */
  readonly request: HttpRequestView | null;
  readonly response: HttpResponseView | null;
  /** What the answer is compressed by, as `compression algo` names it; null: it is not. */
  readonly compression?: string | null;
  /** It is the first of its connection. */
  readonly isFirst: boolean;
  /** No byte of the request is missing that rules could wait for: its head will not become whole. */
  readonly isFinal: boolean;
  /** `capture request|response header` and `http-request capture`: by slot, null where there was nothing. */
  readonly capturedRequest: (string | null)[];
  readonly capturedResponse: (string | null)[];
  /** `capture-req`, `capture-res`: as the rule `capture`. */
  capture(from: "request" | "response", slot: number, text: string): void;
  /** What aliases of formats (`%ci`, `%HU`) tell so far. */
  record(): SessionRecord;
}

/** An answer in a server's place. */
export type HttpReply =
  /**
   * The proxy's own page for a status: `errorfile`, `errorloc`, `http-error`, or HAProxy's. Each of `fields` is put in the place
   * of those of that name.
   */
  | {
      readonly kind: "page";
      readonly status: number;
      readonly fields?: readonly (readonly [name: string, value: string])[];
    }
  /** A whole response as it stands in a file. */
  | { readonly kind: "file"; readonly status: number; readonly bytes: Uint8Array }
  /** Put together by a rule. `reason`: null, as is usual for the status. Content-Length and Connection are not among the fields. */
  | {
      readonly kind: "made";
      readonly status: number;
      readonly reason: string | null;
      readonly fields: readonly (readonly [name: string, value: string])[];
      readonly body: Uint8Array | null;
    };

/**
 * Which rule answered: decides on the letters of the exchange's end, on counters, and on how long it takes (`tarpit`). "error": one that
 * could not do what it says.
 */
export type ReplyCause = "deny" | "tarpit" | "return" | "redirect" | "auth" | "service" | "error";

/** What rules of HTTP do to an exchange besides changing its messages; the exchange carries it out. */
export interface HttpEffects {
  /** The rule's verdict is then "answer", and nothing else answers. */
  answer(reply: HttpReply, cause: ReplyCause): void;
  /** A message could not be changed as a rule asked, whatever `strict-mode` makes of that. */
  cannotWrite(): void;
  /** `early-hint`: a 103 with this field, at once; those one after the other are one 103. */
  hint(name: string, value: string): void;
  /** `set-timeout`; milliseconds, of this exchange. */
  setTimeout(which: "client" | "server" | "tunnel", ms: number): void;
  /** `capture`: cut to the length of the slot; nothing where the frontend has no such slot. */
  capture(from: "request" | "response", slot: number, text: string): void;
  /** `disable-l7-retry`. */
  disableRetry(): void;
  /** `wait-for-body`, of the answer once there is one: true when so much has come, or all that can; else the rule says "wait". */
  hasBody(atLeast: number, waitMs: number): boolean;
  /** `use-service NAME`: an answer made elsewhere (metrics, the statistics page); false: there is none of that name. */
  serve(name: string): boolean;
}
