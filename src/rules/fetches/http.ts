/** Fetches of an exchange besides its fields and target: method, versions, status, bodies, captures (manual, section 7.3.6). */
import type { SampleContext } from "../context.ts";
import { numberArgument } from "../samples/arguments.ts";
import { fetch, type FetchRow } from "../samples/rows.ts";
import { bin, bool, type Sample, sint, str } from "../value/sample.ts";
import { pathStart } from "../value/target.ts";
import { anyRequest, type Look, type Message, ofMessage, presentRequest, presentResponse } from "./http-message.ts";

const isHttp = ofMessage(anyRequest, () => bool(true));
const requestVersion = ofMessage(presentRequest, ({ version }) => (version === "" ? undefined : str(version)));
const responseVersion = ofMessage(presentResponse, ({ version }) => str(version));

function body({ bytes }: Message["body"]): Sample {
  return bin(bytes.slice());
}

/** What is announced; of chunks, what has come. */
function announced({ body, bodyBytes }: Message): Sample {
  return sint(Math.max(bodyBytes ?? 0, body.bytes.length));
}

function bodiesOf(start: "req" | "res", look: Look<Message>): FetchRow[] {
  const source = start === "req" ? "request head" : "response head";
  // In rules of content more of a request may come, and as in HAProxy only this one waits for that.
  const growing = { mayChange: () => start === "req" };
  return [
    fetch(`${start}.body: bin`, source, () => ofMessage(look, (message) => body(message.body)), growing),
    fetch(`${start}.body_len: sint`, source, () => ofMessage(look, (message) => sint(message.body.bytes.length))),
    fetch(`${start}.body_size: sint`, source, () => ofMessage(look, announced)),
  ];
}

/** The request's line as it came, whatever rules have made of it; undefined while there is none. */
function lineOf(context: SampleContext): readonly string[] | undefined {
  const line = context.http?.record().http?.requestLine.split(" ");
  return line?.length === 3 ? line : undefined;
}

/** What of the target was asked for of this server: from the path on. */
function capturedUri(context: SampleContext): Sample | undefined {
  const target = lineOf(context)?.[1] ?? "";
  const start = pathStart(target);
  return start < 0 ? undefined : str(target.slice(start));
}

function captured(slots: (context: SampleContext) => readonly (string | null)[] | undefined, slot: number) {
  return (context: SampleContext): Sample | undefined => {
    const text = slots(context)?.[slot] ?? null;
    return text === null ? undefined : str(text);
  };
}

/** The fetches of this file. */
export const httpFetches: readonly FetchRow[] = [
  fetch("method: str", "request", () => ofMessage(anyRequest, ({ method }) => str(method)), {
    aclKeywords: [{ name: "method", match: "str" }],
  }),
  fetch("req.proto_http: bool", "request", () => isHttp),
  fetch("req_proto_http: bool", "request", () => isHttp),
  fetch("req.ver: str", "request head", () => requestVersion, { aclKeywords: [{ name: "req_ver", match: "str" }] }),
  fetch("req_ver: str", "request head", () => requestVersion),
  fetch("res.ver: str", "response head", () => responseVersion, { aclKeywords: [{ name: "resp_ver", match: "str" }] }),
  fetch("resp_ver: str", "response head", () => responseVersion),
  fetch("status: sint", "response", () => (context) => {
    const status = context.http?.response?.status;
    return status === undefined ? undefined : sint(status);
  }),
  fetch("res.comp: bool", "response", () => (context) => bool((context.http?.compression ?? null) !== null)),
  fetch("res.comp_algo: str", "response", () => (context) => {
    const algorithm = context.http?.compression ?? null;
    return algorithm === null ? undefined : str(algorithm);
  }),
  fetch("http_first_req: bool", "request", () => (context) => bool(context.http?.isFirst ?? true)),
  fetch("fc_http_major: sint", "client", () => () => sint(1)),
  fetch(
    "bc_http_major: sint",
    "server address",
    () => (context) => (context.serverSide === null ? undefined : sint(1)),
  ),
  ...bodiesOf("req", presentRequest),
  ...bodiesOf("res", presentResponse),
  fetch("capture.req.hdr(integer): str", "request", (args) =>
    captured(({ http, captured: early }) => http?.capturedRequest ?? early ?? undefined, numberArgument(args, 0)),
  ),
  fetch("capture.res.hdr(integer): str", "response", (args) =>
    captured(({ http }) => http?.capturedResponse, numberArgument(args, 0)),
  ),
  fetch("capture.req.method: str", "request", () => (context) => {
    const method = lineOf(context)?.[0];
    return method === undefined ? undefined : str(method);
  }),
  fetch("capture.req.uri: str", "request", () => capturedUri),
  fetch("capture.req.ver: str", "request", () => (context) => {
    const version = context.http?.request?.version;
    return version === undefined ? undefined : str(`HTTP/${version}`);
  }),
  fetch("capture.res.ver: str", "request", () => (context) => {
    const version = context.http?.response?.version;
    return version === undefined ? undefined : str(`HTTP/${version}`);
  }),
];
