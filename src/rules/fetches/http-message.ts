/** Where fetches of HTTP find their message: in the exchange, or in `mode tcp` in the bytes that have come. */
import { type HttpRequestHead, HttpRequestReader } from "../../wire/http-request.ts";
import { Fields } from "../../wire/http/fields.ts";
import type { Payload, SampleContext } from "../context.ts";
import type { BodyView } from "../http-view.ts";
import type { Evaluate, EvaluateAll } from "../samples/rows.ts";
import type { Sample } from "../value/sample.ts";

/** What a message of either direction has. */
export interface Message {
  /** `1.1`. */
  readonly version: string;
  readonly fields: Fields;
  readonly body: BodyView;
  readonly bodyBytes: number | null;
}

/** A request, of an exchange or among raw bytes. */
export interface Request extends Message {
  readonly method: string;
  readonly target: string;
  /** It was sent to a proxy. */
  readonly isToProxy?: boolean;
}

/** Finds a message: "wait" while its head may become whole, undefined where there is none. */
export type Look<Found> = (context: SampleContext) => Found | "wait" | undefined;

/** The request, wherever it is looked for. */
export const anyRequest: Look<Request> = (context) => {
  const { http = null } = context;
  if (http !== null) return http.request ?? (http.isFinal ? undefined : "wait");
  return context.request === null ? undefined : requestIn(context.request);
};

/** The request as long as it is there: not in rules of responses. */
export const presentRequest: Look<Request> = (context) => {
  const isGone = (context.http?.response ?? context.response) !== null;
  return isGone ? undefined : anyRequest(context);
};

/** The response; there is none to see in `mode tcp`. */
export const presentResponse: Look<Message> = (context) => context.http?.response ?? undefined;

/** The message of the direction whose rules run. */
export const presentMessage: Look<Message> = (context) => presentResponse(context) ?? presentRequest(context);

/** A value of the message. */
export function ofMessage<Found extends object>(
  look: Look<Found>,
  read: (message: Found) => Sample | undefined,
): Evaluate {
  return (context) => {
    const message = look(context);
    return typeof message === "object" ? read(message) : message;
  };
}

/** All values of the message. */
export function allOfMessage<Found extends object>(
  look: Look<Found>,
  read: (message: Found) => readonly Sample[],
): EvaluateAll {
  return (context) => {
    const message = look(context);
    if (message === "wait") return "wait";
    return message === undefined ? [] : read(message);
  };
}

/** The HTTP/1 request at the start of raw bytes, as HAProxy finds it there. */
function requestIn(payload: Payload): Request | "wait" | undefined {
  const reader = payload.sniffing === undefined ? new HttpRequestReader() : payload.sniffing.reader(HttpRequestReader);
  const parsed = reader.read(payload.bytes);
  if (parsed.state === "need-more") return payload.final ? undefined : "wait";
  if (parsed.state === "none") return undefined;
  payload.sniffing?.count(parsed.found.uri.length);
  return requestOf(parsed.found);
}

/** One for each head that was found, with its fields taken apart once. */
const requests = new WeakMap<HttpRequestHead, Request>();
const noBody: BodyView = { bytes: new Uint8Array(0), final: true };

function requestOf(head: HttpRequestHead): Request {
  let request = requests.get(head);
  if (request === undefined) requests.set(head, (request = new RawRequest(head)));
  return request;
}

/** A request among raw bytes; its body is not looked for. */
class RawRequest implements Request {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly body = noBody;
  readonly bodyBytes = 0;
  readonly #head: HttpRequestHead;
  #fields: Fields | null = null;

  constructor(head: HttpRequestHead) {
    this.#head = head;
    this.method = head.method;
    this.target = head.uri;
    this.version = head.version;
  }

  get fields(): Fields {
    if (this.#fields !== null) return this.#fields;
    const fields = new Fields();
    for (const { name, value } of this.#head.headers) fields.add(name.toLowerCase(), value);
    this.#fields = fields;
    return fields;
  }
}
