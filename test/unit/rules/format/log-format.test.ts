/** Log lines as HAProxy writes them, and nothing a client can do to them. */
import { describe, expect, test } from "bun:test";
import { tcpLogFormat } from "../../../../src/rules/format/log-alias.ts";
import { compileFormat, compileLogFormat } from "../../../../src/rules/format/log-format.ts";
import { breakTime, formatTime } from "../../../../src/rules/value/date-text.ts";
import type { SessionRecord } from "../../../../src/session-record.ts";
import { format, record, session, tables } from "../session.ts";

function line(text: string, given: Partial<SessionRecord> = {}, encoding: "text" | "json" | "cbor" = "text"): string {
  return compileLogFormat(format(text, encoding), tables([]))(record(given), session());
}

const local = (text: string): string => formatTime(text, breakTime(Date.UTC(2026, 10, 23, 21, 36, 26) / 1000, "local"));
const none = { server: null, backendSource: null, serverAddress: null };

/** As HAProxy 2.6.12 wrote them. */
describe("aliases", () => {
  test.each([
    ["%B %U %Tw %Tc %Tt %Th %Td", {}, "5555 44 1 2 300 0 297"],
    ["%B %U %Tt", { unfinished: true }, "+5555 44 +300"],
    ["%T %Ts %ms", {}, "23/Nov/2026:21:36:26 +0000 1795469786 035"],
    ["%{+X}Ts %{+X}ms", {}, "6B04B1DA 23"],
    ["%ci %cp %fi %fp", {}, "127.0.0.1 52054 127.0.0.1 29560"],
    ["%{+X}ci %{+X}cp", {}, "7F000001 CB56"],
    ["%{+Q}ci %{+Q}cp %{+Q}b %{+Q}bc", {}, '"127.0.0.1" 52054 "b" 3'],
    ["%s %bi %bp %si %sp", none, "<NOSRV> - - - -"],
    ["%{+Q}s %{+Q}bi %{+Q}bp %{+Q}ID", none, '"<NOSRV>" "" "" ""'],
    ["%ci:%cp", { client: { kind: "unix", path: "/x" } }, "unix:1"],
    ["%{+X}ci", { client: { kind: "tcp", host: "2001:db8::1", port: 1 } }, "20010DB8000000000000000000000001"],
    ["%rc %ts %tsc", { retries: 2, redispatched: true, termination: "SC" }, "+2 SC SC--"],
    ["%ST%hr%hrl%hs%hsl %sslc %rt %{+X}rt", {}, "0 - 7 0007"],
    ["%{+E}ID", { uniqueId: 'a"b]c' }, 'a\\"b\\]c'],
  ] as const)("%s", (text, given, expected) => {
    expect(line(text, given)).toBe(expected);
  });

  test("local dates", () => {
    expect(line("[%t] %Tl")).toBe(`[${local("%d/%b/%Y:%H:%M:%S")}.035] ${local("%d/%b/%Y:%H:%M:%S %z")}`);
  });

  test("%lc is what the log counts, and no line counts itself", () => {
    const write = compileLogFormat(format("%lc %{+X}lc %{+Q}lc"), tables([]));
    const logCount = { logLines: 30 };
    const told = [0, 0, 1].map((more) => {
      logCount.logLines += more;
      return write(record({ logCount }), session());
    });
    expect(told).toEqual(["30 001E 30", "30 001E 30", "31 001F 31"]);
  });
});

test.each([
  {},
  none,
  { unfinished: true, redispatched: true, retries: 3, termination: "sD" },
  { client: { kind: "unix", path: "/x" } },
] as const)("the line of option tcplog is that of its format (%#)", (given) => {
  const taken = format(tcpLogFormat);
  const generic = compileLogFormat({ ...taken, text: "" }, tables([]));
  expect(line(tcpLogFormat, given)).toBe(generic(record(given), session()));
});

describe("samples", () => {
  test.each([
    ["%[str(abc)]", "abc"],
    ['%[str("")]|%{+Q}[str("")]|%{+Q}[var(txn.no)]|%[var(txn.no)]', '-|""|""|-'],
    ['%{+E}[str("a\\"b]c\\\\d")]', 'a\\"b\\]c\\\\d'],
    ['%{+Q,+E}[str("a\\"b")]', '"a\\"b"'],
    ["%[int(5)] %[bool(1)] %[src]", "5 1 10.0.0.1"],
  ])("%s", (text, expected) => {
    expect(line(text)).toBe(expected);
  });

  test("no byte of a client makes a line or ends a field", () => {
    expect(line('%[str("x\\n127.0.0.1:1 [forged]\\r")] %{+Q}[str("a\\" b")] %[bin(1b5b326a7f)]')).toBe(
      'x#0A127.0.0.1:1 [forged]#0D "a#22 b" #1B[2j#7F',
    );
  });

  test("a value is no line: nothing is escaped, and aliases without a record are empty", () => {
    expect(compileFormat(format("%[bin(0a)]%ci"), tables([]))(null, session())).toBe("\n-");
  });
});

describe("fields", () => {
  const text =
    '%(src)[src] %(n)[int(-5)] %(yes)[bool(1)] %(no)[var(txn.no)] %(b)B %(s)s left out %(q)[str("a\\"\\n/é")]';
  const latin1 = Buffer.from(text, "utf8").toString("latin1");

  test("JSON", () => {
    const json = Buffer.from(line(latin1, {}, "json"), "latin1").toString("utf8");
    expect(json).toBe('{"src": "10.0.0.1", "n": -5, "yes": true, "no": null, "b": 5555, "s": "s1", "q": "a\\"\\n/é"}');
    expect(JSON.parse(json)).toEqual({ src: "10.0.0.1", n: -5, yes: true, no: null, b: 5555, s: "s1", q: 'a"\n/é' });
  });

  test("JSON stays JSON whatever the bytes", () => {
    expect(line("%(x)[bin(ff22c3a900)]", {}, "json")).toBe('{"x": "\\u00ff\\"\\u00c3\\u00a9\\u0000"}');
  });

  test("CBOR", () => {
    expect(
      line(
        "%(n)[int(-500)] %(a)[int(23)] %(b)B %(s)[str(hi)] %(t)[bool(1)] %(o)[var(txn.no)] %(x)[bin(00ff)]",
        {},
        "cbor",
      ),
    ).toBe("BF616E3901F361611761621915B361736268696174F5616FF661784200FFFF");
  });
});
