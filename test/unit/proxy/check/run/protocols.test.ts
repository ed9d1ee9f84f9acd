// Expected texts were read from HAProxy 2.6's log with the same checks against the same answers.
import { expect, test } from "bun:test";
import type { CheckPlan } from "../../../../../src/plan/check.ts";
import { checkAgainst } from "../../check-scene.ts";
import type { Behaviour } from "../../scripted-server.ts";
import { answers, endsAtOnce, says, saysAndEnds, silent } from "../../scripted-server.ts";

/** Says the first text at once, then one per thing it gets. */
function greets(first: string, ...then: string[]): Behaviour {
  return (socket) => {
    socket.write(first, "latin1");
    answers(then)(socket);
  };
}

function mysqlPacket(number: number, payload: string): string {
  return `${String.fromCharCode(payload.length, 0, 0, number)}${payload}`;
}

const greeting = mysqlPacket(0, `\x0a8.0.1\0\x01\0\0\x0012345678\0\xff\xf7\x08\x02\0\xff\x81\x15${"\0".repeat(10)}`);
const mysqlOk = mysqlPacket(2, "\0\0\0\x02\0\0\0");
const denied = mysqlPacket(2, "\xff\x15\x04#08S01Access denied for user");
const blocked = mysqlPacket(0, "\xff\x69\x04Host is blocked");

const smtp: CheckPlan = { kind: "smtp", hello: "HELO", domain: "localhost" };
const mysql: CheckPlan = { kind: "mysql", user: null, post41: true };
const mysqlUser: CheckPlan = { kind: "mysql", user: "joe", post41: true };
const pgsql: CheckPlan = { kind: "pgsql", user: "joe" };
const bindResult = (code: string) => `\x30\x0c\x02\x01\x01\x61\x07\x0a\x01${code}\x04\0\x04\0`;
const longBind = "\x30\x84\0\0\0\x10\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0";
const see = "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9";

const rows: [string, Behaviour, CheckPlan, unknown[]][] = [
  ["smtp", greets("220 hi there\r\n", "250-x\r\n250 done\r\n", "221 bye\r\n"), smtp, ["L7OK", 221, "bye"]],
  [
    "smtp greeting of two lines",
    greets("220-hi\r\n220 x\r\n", "250 ok\r\n", "221 bye\r\n"),
    smtp,
    ["L7OK", 221, "bye"],
  ],
  ["smtp refuses", says("554 go away\r\n"), smtp, ["L7STS", 554, "go away"]],
  ["smtp refuses HELO", greets("220 hi\r\n", "502 no such\r\n"), smtp, ["L7STS", 502, "no such"]],
  ["no smtp", says("hello\r\n"), smtp, ["L7RSP", null, "hello"]],
  ["smtp empty", endsAtOnce, smtp, ["L7RSP", null, "TCPCHK got an empty response at step 2"]],
  ["smtp silent", silent, smtp, ["L7TOUT", null, null]],
  ["redis", answers(["+PONG\r\n"]), { kind: "redis" }, ["L7OK", 0, "Redis server is ok"]],
  ["redis wants a password", answers(["-NOAUTH no\r\n"]), { kind: "redis" }, ["L7STS", 0, "-NOAUTH no"]],
  ["redis empty", endsAtOnce, { kind: "redis" }, ["L7STS", 0, "TCPCHK got an empty response at step 2"]],
  ["mysql greets", says(greeting), mysql, ["L7OK", 0, "8.0.1"]],
  ["mysql blocks us", says(blocked), mysql, ["L7STS", 1129, "Host is blocked"]],
  ["mysql user", greets(greeting, mysqlOk), mysqlUser, ["L7OK", 0, "8.0.1"]],
  ["mysql user denied", greets(greeting, denied), mysqlUser, ["L7STS", 1045, "#08S01Access denied for user"]],
  ["mysql cut short", saysAndEnds("\x0a\0\0\0ab"), mysql, ["L7RSP", null, null]],
  ["mysql empty", endsAtOnce, mysql, ["L7RSP", null, "TCPCHK got an empty response at step 2"]],
  ["pgsql", answers(["R\0\0\0\x0c\0\0\0\x05abcd"]), pgsql, ["L7OK", 0, "PostgreSQL server is ok"]],
  ["pgsql SASL", answers(["R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"]), pgsql, ["L7OK", 0, "PostgreSQL server is ok"]],
  ["pgsql error", answers(["E\0\0\0\x2eSFATAL\0C28000\0Mno entry\0\0"]), pgsql, ["L7RSP", null, "FATAL"]],
  ["pgsql unknown", answers(["R\0\0\0\x0c\0\0\0\x63"]), pgsql, ["L7STS", 0, "PostgreSQL unknown error"]],
  ["no pgsql", answers(["zzzzzzzzzzzzzzz"]), pgsql, ["L7STS", 0, "PostgreSQL unknown error"]],
  ["pgsql empty", endsAtOnce, pgsql, ["L7RSP", null, "TCPCHK got an empty response at step 3"]],
  ["ldap", answers([bindResult("\0")]), { kind: "ldap" }, ["L7OK", 0, "Success"]],
  ["ldap with long lengths", answers([longBind]), { kind: "ldap" }, ["L7OK", 0, "Success"]],
  ["ldap refuses", answers([bindResult("\x31")]), { kind: "ldap" }, ["L7STS", 49, see]],
  ["no ldap", answers(["garbagegarbagegarbage"]), { kind: "ldap" }, ["L7RSP", null, "Not LDAPv3 protocol"]],
  ["TLS handshake", answers(["\x16\x03\0\0\x02\x02\0"]), { kind: "ssl-hello" }, ["L6OK", null, null]],
  ["TLS alert", answers(["\x15\x03\0\0\x02\x02\x28"]), { kind: "ssl-hello" }, ["L6OK", null, null]],
  ["no TLS", answers(["SSH-2.0 foo"]), { kind: "ssl-hello" }, ["L6RSP", null, null]],
  ["TLS empty", endsAtOnce, { kind: "ssl-hello" }, ["L6RSP", null, "TCPCHK got an empty response at step 2"]],
  ["TLS silent", silent, { kind: "ssl-hello" }, ["L6TOUT", null, null]],
];

test.concurrent.each(rows)("%s", async (_name, behaviour, plan, expected) => {
  const { seen } = await checkAgainst(behaviour, plan);
  expect(seen).toEqual(expected);
});

const sent = async (behaviour: Behaviour, plan: CheckPlan) => (await checkAgainst(behaviour, plan)).received[0];

test("what services are sent is byte for byte what HAProxy sends them", async () => {
  expect(await sent(answers(["+PONG\r\n"]), { kind: "redis" })).toBe("*1\r\n$4\r\nPING\r\n");
  expect(await sent(greets(greeting, mysqlOk), mysqlUser)).toBe(
    `%\0\0\x01\0\x82\0\0\0\x80\0\x01!${"\0".repeat(23)}joe\0\0\x01\0\0\0\x01`,
  );
  expect(await sent(greets(greeting, mysqlOk), { kind: "mysql", user: "joe", post41: false })).toBe(
    "\n\0\0\x01\0\x80\0\0\x01joe\0\0\x01\0\0\0\x01",
  );
  expect(await sent(answers(["R\0\0\0\x08\0\0\0\0"]), pgsql)).toBe("\0\0\0\x12\0\x03\0\0user\0joe\0\0");
  expect(await sent(answers([bindResult("\0")]), { kind: "ldap" })).toBe(
    "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\0\x80\0",
  );
});
