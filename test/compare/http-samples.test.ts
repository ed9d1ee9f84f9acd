/** What HAProxy finds in odd requests, and what this program does: each expression in each request, under one HAProxy. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { writeFileSync } from "node:fs";
import { bytesOf } from "../../src/wire/latin1.ts";
import { commandPath, scratch, testWith, waitUntil } from "../e2e/harness.ts";
import { contextOf, found, type RawRequest, readExpressions, users } from "./http-samples.ts";
import { ownPort } from "./port.ts";

setDefaultTimeout(60_000);

/** Those whose value here is another one on purpose. */
const expressions = [
  "method path pathq query url url_ip url_port url_param(q) url_param(x) url_param urlp(q) urlp(Q) urlp(q,;) urlp(s,;) urlp() urlp(,?)",
  "urlp_val(q) base baseq base32 base32+src url32 url32+src hdr(host) hdr(x-a) req.hdr(x-a,1) req.hdr(x-a,2) req.hdr(x-a,-1)",
  "req.hdr(x-a,-2) req.hdr(x-a,0) req.hdr(X-A,3) req.hdr(x-a,-4) req.hdr req.hdr(,2) req.hdr(none) req.fhdr(x-a) req.fhdr(x-a,1)",
  "req.fhdr(x-a,-2) req.fhdr req.fhdr_cnt(x-a) req.fhdr_cnt req.hdr_cnt(x-a) req.hdr_cnt(none) req.hdr_cnt hdr_cnt(x-a)",
  "req.hdr_ip(x-ip) req.hdr_ip(x-ip,1) req.hdr_ip(x-ip,2) req.hdr_ip(x-ip,3) req.hdr_ip(x-ip,4) hdr_ip(x-ip) req.hdr_val(x-num)",
  "req.hdr_val(x-num,1) hdr_val(x-num,2) req.hdr_names req.hdr_names(|) req.hdr_names(;;) req.hdr_names(ab) req.hdrs req.hdrs_bin",
  "req.cook(a) req.cook(A) req.cook(b) req.cook req.cook(none) cook(a) cook_cnt(a) cook_cnt cook_cnt(none) cook_val(n) req.cook_val(n)",
  "req.cook_cnt(a) cookie(a) req.body req.body_len req.body_size req.body_param req.body_param(a) req.body_param(bb)",
  "req.body_param(none) req.ver req_ver req.proto_http req_proto_http http_first_req capture.req.ver unique-id http_auth(u)",
  "http_auth_group(u) http_auth_bearer http_auth_bearer(X-Auth) http_auth_pass http_auth_type http_auth_user req.hdr(x-a),lower",
  "req.fhdr(accept-language),language(fr;de;en) req.fhdr(accept-language),language(es;it,en) req.fhdr(accept-language),language(es;it)",
  "req.fhdr(accept-language),language(de-DE;fr) req.fhdr(accept-language),language(fr-CA;de,xx) hdr(x-a),capture-req(0) req.payload(0,4)",
].flatMap((line) => line.split(" "));

/** `authorization` of a name and a password. */
function basic(text: string): string {
  return `Authorization: Basic ${Buffer.from(text, "latin1").toString("base64")}`;
}

function get(target: string, ...lines: readonly string[]): RawRequest {
  return { text: [`GET ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n") };
}

function post(target: string, body: string, ...lines: readonly string[]): RawRequest {
  return { text: [`POST ${target} HTTP/1.1`, ...lines, `Content-Length: ${body.length}`, "", body].join("\r\n") };
}

const many = Array.from({ length: 12 }, (_, index) => `X-A: ${index + 1}`);

const requests: readonly RawRequest[] = [
  get(
    "/p/a?q=1&x=2%20&q=3;s=5",
    "Host: a.example:80",
    'X-A: one, "tw,o" , three',
    "X-A: four",
    "X-IP: 10.0.0.1, 10.0.0.2:80, [2001:db8::1]:443, 2001:db8::2",
    "X-Num: 12abc, -5",
    'Cookie: a=1; b="x y"; a=2, n=42z',
    "Cookie: c=3",
    "Accept-Language: de-DE, fr;q=0.5, en;q=0.8",
  ),
  get(
    "http://user@10.1.2.3:8080/x/y?Q=v&q",
    "Host: 10.1.2.3:8080",
    "X-A: ",
    "X-A: ,",
    "X-IP: 1.2.3.4",
    basic("alice:secret"),
  ),
  post("/form?x=1", "a=1&bb=2%203&c=4", "Host: A", "X-A: a,,b,", basic("bob:b:c")),
  {
    text: `POST /chunk? HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${basic("alice:wrong")}\r\nX-A: \xe4 x\r\n\r\n5\r\na=1&b\r\n3\r\nb=2\r\n0\r\n\r\n`,
    body: "a=1&bb=2",
  },
  {
    text: 'OPTIONS * HTTP/1.1\r\nHost: a\r\nAuthorization: Basic !!!\r\nAccept-Language: EN-us;q=0.1, es;q=0\r\nX-A: a "b, c\r\n\r\n',
  },
  get("/a?v=a+b&u=%zz&=e&w", "Host: ", "X-IP: ::1", "Authorization: basic YWxpY2U6c2VjcmV0"),
  get("/a?x=;q=2&q=%32", "Host: h", 'Cookie: a="1;2"; b=3', basic("carl:pw"), "Accept-Language: fr-CA, *;q=0.3"),
  get("//x//y", "Host: [::1]:80", ...many, basic("carl:secret pass")),
  get("http://[2001:db8::9]/z", "Host: [2001:db8::9]", "X-Auth: Bearer abc  "),
  get("http://10.1.2.3:8080/x", "Host: 10.1.2.3:8080", "Accept-Language: fr;q=0.0, de-DE;q=0.9,it;q=0.5"),
  get("http://10.1.2.3/x", "Host: 10.1.2.3", "Accept-Language: FR, fr", "Authorization: Bearer  ab c "),
  get("http://localhost:81/", "Host: localhost:81", "Accept-Language:   it ;  q=0.5  , es", "Authorization: Bearer"),
  get("/", "Host: [::1]", "Accept-Language: fr;level=1;q=0.5", "Authorization: Digest x", "X-Auth: Foo bar"),
  get("/?http://1.2.3.4:5/", "Host: a", basic(":secret"), "X-Auth: Foo"),
  post("/form", "a=1", "Host: a", "Authorization: Bearer tok.en", "Cookie: a=; =x; $v=1; a", "X-IP: ::ffff:1.2.3.4"),
  get(
    "/?&=v&a=1",
    "Host: a",
    "X-Num: abc",
    "X-IP: 1.2.3.4:99999",
    "Authorization: Basic YWxpY2U6c2VjcmV0=",
    "Cookie: a",
  ),
  get("/?=v&a=1", "Host: a", "X-IP: 1.2.3", "Authorization: Basic   YWxpY2U6c2VjcmV0", "Cookie: a = 1 ; b"),
  get("ftp://10.1.2.3/x", "Host: 10.1.2.3", "X-IP: 1.2.3.4:", "Authorization: Basic"),
  get("https://10.1.2.3/x", "Host: 10.1.2.3", "X-IP: 1.2.3.4 ", "Authorization: ", "X-IP: nope"),
  get("/x", "X-A: no host", basic("nobody:secret")),
  get("/x", "Host: a", basic("alice"), "Accept-Language: de_DE, x, de-DE-x;q=0.7"),
  get("/x", "Host: a", "X-A: one,two,,three", "X-A: ", 'X-A: "a\\",b",c', "Accept-Language: de;q=0.8,fr-CA;q=0.9"),
];

function configuration(port: number): string {
  const set = expressions.map((text, index) => ` http-request set-var(txn.v${index}) ${text}\n`).join("");
  const shown = expressions.map((_, index) => `%[var(txn.v${index}),hex]|`).join("");
  return `${users}frontend f
 mode http
 bind 127.0.0.1:${port}
 timeout client 20s
 option http-buffer-request
 declare capture request len 20
${set} http-request return status 200 content-type text/plain lf-string "${shown}"
`;
}

/** What comes back of the body for one request. */
async function ask(port: number, { text }: RawRequest): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  try {
    let answer = "";
    socket.setEncoding("latin1").on("data", (piece: string) => (answer += piece));
    socket.write(bytesOf(text));
    return await waitUntil("an answer", () => {
      const [, length, body = ""] = /content-length: ([0-9]+)[^]*?\r\n\r\n([^]*)$/i.exec(answer) ?? [];
      return length !== undefined && body.length >= Number(length) ? body : null;
    });
  } finally {
    socket.destroy();
  }
}

testWith(["haproxy"], "HAProxy finds the same", async () => {
  using folder = scratch();
  const port = await ownPort();
  const file = folder.file("haproxy.cfg");
  writeFileSync(file, configuration(port));
  const haproxy = Bun.spawn([commandPath("haproxy"), "-db", "-f", file], { stderr: "pipe", stdout: "ignore" });
  try {
    await waitUntil("HAProxy", async () => (await isOpen(port)) || haproxy.exitCode !== null);
    if (haproxy.exitCode !== null) throw new Error(await new Response(haproxy.stderr).text());
    const read = readExpressions(expressions);
    for (const request of requests) {
      const theirs = (await ask(port, request)).split("|").slice(0, -1);
      const context = contextOf(request);
      const ours = read.expressions.map((expression) => found(expression, context, read.tables));
      const named = (values: readonly string[]): string[] =>
        values.map((value, index) => `${expressions[index]}: ${Buffer.from(value, "hex").toString("latin1")}`);
      expect({ request: request.text, found: named(ours) }).toEqual({ request: request.text, found: named(theirs) });
    }
  } finally {
    haproxy.kill();
    await haproxy.exited;
  }
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return await new Promise((settle) => {
    socket.on("connect", () => settle(true)).on("error", () => settle(false));
  }).then((value) => {
    socket.destroy();
    return value as boolean;
  });
}

/** Where HAProxy's value is a slip of its own: letters and signs taken for digits, methods that it does not know. */
test.each([
  ["hdr_val(x-num)", "X-Num: +7", 7n],
  ["hdr_val(x-num)", "X-Num: 2%20", 2n],
  ["hdr_val(x-num)", "X-Num: - 5", 0n],
])("%s of %s", (text, line, expected) => {
  const read = readExpressions([text]);
  const context = contextOf(get("/", "Host: a", line));
  const hex = found(read.expressions[0]!, context, read.tables);
  expect(BigInt(`0x${hex}`)).toBe(expected);
});
