/** Random frontends with rules of HTTP, and random requests for them, of what HAProxy and fairlead read alike. */
import type { Random } from "../../property/seed.ts";

const requestTexts =
  "path url query pathq base method hdr(host) hdr(x-a) req.hdr(x-a,1) req.hdr(x-a,-1) req.fhdr(x-a) req.hdr_names req.cook(a) urlp(q) url_param(a) req.ver str(/a/b) src var(txn.x) var(sess.y) capture.req.uri fe_name".split(
    " ",
  );
const responseTexts =
  "res.ver res.hdr(x-multi) res.hdr(x-multi,-1) res.fhdr(x-multi) res.hdr(server) res.cook(S) srv_name src var(txn.x) capture.req.uri fe_name".split(
    " ",
  );
const requestNumbers = "req.hdr_cnt(x-a) req.hdr_val(x-num) req.body_len req.cook_cnt(a) int(5) dst_port".split(" ");
const responseNumbers = "status res.hdr_cnt(x-multi) res.body_size int(7) srv_id".split(" ");
const textConverters =
  "lower upper url_dec field(1,/) field(2,.) field(-1,=) word(1,/) word(-1,.) regsub(a,b,g) regsub([^a-z],) ltrim(/) rtrim(b) host_only json bytes(1,3) concat(-,txn.x) base64 hex sha1,hex language(fr;de) b64dec,hex crc32 length djb2 xxh32".split(
    " ",
  );
const numberConverters = "add(3) mul(7) div(2) mod(4) and(6) or(8) xor(3) odd even bool not hex".split(" ");
const requestTests =
  "{ path_beg /a } { path_end b } { path_reg ^/a } { path_dir a } { path_sub / } { url_sub -i Q= } { hdr(x-a) 1 2 } { hdr_cnt(x-a) gt 1 } { hdr_reg(x-a) ^[0-9]+$ } { hdr_end(host) -i .EXAMPLE } { cook(a) 1 } { urlp(q) -m found } { req.body -m found } { method GET } METH_GET !METH_POST HTTP_1.1 HTTP_URL_ABS HTTP_URL_STAR HTTP_CONTENT { src 10.0.0.0/8 } { hdr(x-a),field(2,=) -m found } { hdr_val(x-num) ge 10 } { query -m len 1:5 }".match(
    /\{[^}]*\}|\S+/g,
  ) as string[];
const responseTests =
  "{ status 200 } { status 400:499 } { res.hdr(x-multi) a } { shdr_cnt(x-multi) gt 1 } { scook(S) -m found } TRUE !FALSE { res.hdr(server) -m found }".match(
    /\{[^}]*\}|\S+/g,
  ) as string[];
const targets =
  "/ /a /a/b /a/b?q=1&x=2 /%61%2f?%71=1 /a/b;p=1?x=%20&a=b+c /a?q http://h.example/a/b?q=1 /A/B.html /a/b?q=%31 /x?q=-5&a=1".split(
    " ",
  );
const fields = [
  "X-A: 1",
  "X-A: 1, 2",
  'X-A: "x,y", z',
  "X-A:",
  "X-A: b=1, c",
  "Cookie: a=1; b=2",
  "Cookie: a; a=2",
  "X-Num: 12",
  "X-Num: 12abc",
  "Accept-Language: fr, de;q=0.5",
];

/** One case: lines of a frontend, what its server answers, and a request without the end of its head. */
export interface Generated {
  readonly lines: readonly string[];
  readonly answer: string;
  readonly head: string;
  readonly body: string;
}

const answers = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Multi: a\r\nX-Multi: b, c\r\nServer: s\r\nConnection: close\r\n\r\nok",
  "HTTP/1.1 404 Gone\r\nContent-Length: 2\r\nX-Multi:\r\nSet-Cookie: S=1; path=/\r\nConnection: close\r\n\r\nno",
  "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://h.example/x\r\nSet-Cookie: S=2\r\nConnection: close\r\n\r\n",
];

/** Draws one. */
export function generate(random: Random): Generated {
  const chance = (share: number): boolean => random.next() < share;
  const expression = (isAnswer: boolean): string => {
    const isText = chance(0.7);
    const texts = isAnswer ? responseTexts : requestTexts;
    const numbers = isAnswer ? responseNumbers : requestNumbers;
    const fetch = random.pick(isText ? texts : numbers);
    return chance(0.6) ? `${fetch},${random.pick(isText ? textConverters : numberConverters)}` : fetch;
  };
  const condition = (isAnswer: boolean): string => {
    if (chance(0.5)) return "";
    const test = (): string => random.pick(isAnswer ? responseTests : requestTests);
    const more = chance(0.3) ? ` ${random.pick(["or ", "", "|| !"])}${test().replace(/^!/, "")}` : "";
    return ` ${random.pick(["if", "unless"])} ${test()}${more}`;
  };
  const value = (isAnswer: boolean): string => `"a%[${expression(isAnswer)}]-%[${expression(isAnswer)},hex]"`;
  const request = (): string =>
    random.pick([
      () => `set-header X-N${random.between(0, 3)} ${value(false)}`,
      () => `add-header X-A ${value(false)}`,
      () => `del-header ${random.pick(["X-A", "x- -m beg", "A -m end", "^x-a$ -m reg"])}`,
      () => `replace-value X-A ([a-z]+) "<\\\\1>"`,
      () => `replace-header X-A (.*) "[\\\\1]"`,
      () => `set-path "/p%[${expression(false)},hex]"`,
      () => `set-query "q=%[${expression(false)},hex]"`,
      () => `replace-path ^/a(.*)$ /z\\\\1`,
      () => `set-method ${random.pick(["POST", "PUT"])}`,
      () => `set-var(${random.pick(["txn.x", "sess.y"])}) "${expression(false)}"`,
      () => `unset-var(txn.x)`,
    ])();
  const response = (): string =>
    random.pick([
      () => `set-header X-N${random.between(0, 3)} ${value(true)}`,
      () => `add-header X-Multi ${value(true)}`,
      () => `del-header ${random.pick(["X-Multi", "Server", "x- -m beg"])}`,
      () => `replace-value X-Multi ([a-z]+) "<\\\\1>"`,
      () => `set-status ${random.pick(["200", "404 reason Own"])}`,
      () => `set-var(txn.x) "${expression(true)}"`,
    ])();
  const last = (): string =>
    random.pick([
      () => `deny deny_status ${random.pick([400, 403, 429, 503])}`,
      () => `return status 200 content-type text/plain lf-string ${value(false)} hdr X-R ${value(false)}`,
      () => `redirect location "/l%[${expression(false)},hex]" code ${random.pick([301, 302, 307])}`,
      () => `redirect prefix http://n.example${random.pick([" drop-query", "", " append-slash"])}`,
    ])();
  const lines: string[] = [];
  for (let left = random.between(1, 6); left > 0; left--) lines.push(`http-request ${request()}${condition(false)}`);
  if (chance(0.4)) lines.push(`http-request ${last()}${condition(false)}`);
  for (let left = random.between(0, 3); left > 0; left--) lines.push(`http-response ${response()}${condition(true)}`);
  if (chance(0.3)) lines.push(`http-after-response ${response()}${condition(true)}`);
  return { lines, answer: random.pick(answers), ...drawRequest(random) };
}

/** A request without what ends its head. */
function drawRequest(random: Random): Pick<Generated, "head" | "body"> {
  const method = random.pick(["GET", "GET", "POST", "PUT", "OPTIONS", "DELETE"]);
  const target = method === "OPTIONS" && random.next() < 0.5 ? "*" : random.pick(targets);
  const host = target.startsWith("http") ? "h.example" : random.pick(["h.example", "H.Example:80", "10.0.0.1"]);
  const own = Array.from({ length: random.between(0, 4) }, () => random.pick(fields));
  const body = method.startsWith("P") ? random.pick(["a=1&b=2", '{"a":1}', ""]) : "";
  const framing = method.startsWith("P") ? [`Content-Length: ${body.length}`] : [];
  const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...own, ...framing].join("\r\n");
  return { head, body };
}
