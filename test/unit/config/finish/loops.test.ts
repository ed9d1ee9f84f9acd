/** Servers that are listeners of the same file. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { tellOfLoops } from "../../../../src/config/finish/loops.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import { readText } from "../../../cases/case.ts";
import { processorMs } from "../../../processor-time.ts";

const addresses: Record<string, readonly string[]> = { "me.example": ["192.0.2.7"], "you.example": ["192.0.2.8"] };
const own = new Set(["127.0.0.1", "192.0.2.7", "2001:db8::7"]);

function told(text: string): string[] {
  const { plan } = readText(`defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n${text}`);
  if (plan === null) throw new Error(`refused:\n${text}`);
  const diagnostics = new Diagnostics();
  tellOfLoops(plan, diagnostics, "notice", (host) => addresses[host] ?? [], own);
  return diagnostics.all.map((one) => one.text);
}

/** One `listen` with a `bind` and a server. */
const one = (bind: string, server: string): string => `listen x\n bind ${bind}\n server s ${server}\n`;

const circles: readonly (readonly [string, string])[] = [
  ["*:22", "127.0.0.1:22"],
  [":22", "127.9.9.9:22"],
  ["0.0.0.0:22", "localhost:22"],
  ["*:22", "0.0.0.0:22"],
  ["*:22", "192.0.2.7:22"],
  ["*:22", "me.example:22"],
  ["*:22", "127.0.0.1"],
  ["*:22", "127.0.0.1:+0"],
  [":::22", "127.0.0.1:22"],
  [":::22", "[::1]:22"],
  [":::22 v6only", "localhost:22"],
  ["[2001:db8::7]:22", "[2001:DB8:0:0::7]:22"],
  ["192.0.2.7:22", "[::ffff:192.0.2.7]:22"],
  ["192.0.2.9:22", "192.0.2.9:22"],
  ["*:22,127.0.0.1:23", "127.0.0.1:23"],
  ["/run/s", "/run/s"],
  ["abns@s", "abns@s"],
  ["*:22", "127.0.0.1:22 send-proxy backup"],
];

for (const [bind, server] of circles) {
  test(`bind ${bind}, server ${server}: a circle`, () => {
    expect(told(one(bind, server))).toEqual([
      expect.stringMatching(
        /^\[case\.cfg:7\] : 'server x\/s' : .* is where frontend 'x' itself listens \(\[case\.cfg:6\] : 'bind /,
      ),
    ]);
  });
}

const ways: readonly (readonly [string, string])[] = [
  ["*:22", "127.0.0.1:23"],
  ["*:22", "192.0.2.8:22"],
  ["*:22", "you.example:22"],
  ["*:22", "nowhere.example:22"],
  ["*:22", "[::1]:22"],
  [":::22 v6only", "127.0.0.1:22"],
  ["127.0.0.1:22", "127.0.0.2:22"],
  ["127.0.0.1:22", "192.0.2.7:22"],
  ["*:22", "192.0.2.8"],
  ["*:22", "127.0.0.1:+1"],
  ["*:20-30", "127.0.0.1:+1"],
  ["*:22 interface eth0", "127.0.0.1:22"],
  ["192.0.2.8:22 transparent", "192.0.2.8:22"],
  ["/run/s", "/run/t"],
  ["*:22", "127.0.0.1:22 disabled"],
];

for (const [bind, server] of ways)
  test(`bind ${bind}, server ${server}: none`, () => expect(told(one(bind, server))).toEqual([]));

test("a server without an address is where rules say, if they say so", () => {
  const rules = ["http-request set-dst hdr(x)", "tcp-request content set-dst-port int(23)"];
  const text = one("*:22", "0.0.0.0").replace(" bind", " mode http\n bind");
  expect(told(text)).toHaveLength(1);
  for (const rule of rules) expect(told(`${text} ${rule}\n`)).toEqual([]);
});

/** frontend, its port, its backends' words, and backends with the ports of their servers. */
const hops = (first: string, second: string): string => `frontend f
 bind *:22
 default_backend a
frontend g
 bind *:23
${first}
backend a
 server to-g 127.0.0.1:23
backend b
${second}
backend c
 server away 192.0.2.8:22
`;

test("a circle of several hops is told of at each of its servers", () => {
  const back = "which leads back here: clients would go round in a circle.";
  for (const first of [" default_backend b", " use_backend b if { src 10.0.0.1 }\n default_backend c"]) {
    const said = told(hops(first, " server to-f 127.0.0.1:22"));
    expect(said.map((text) => /'server ([^']*)'.*frontend '(\w)'/.exec(text)?.slice(1))).toEqual(
      expect.arrayContaining([
        ["a/to-g", "g"],
        ["b/to-f", "f"],
      ]),
    );
    expect(said.filter((text) => text.endsWith(back))).toHaveLength(2);
  }
});

test("a row of hops that ends elsewhere is none", () => {
  expect(told(hops(" default_backend c", " server to-f 127.0.0.1:22"))).toEqual([]);
  expect(told(hops(" default_backend b", " server to-f 127.0.0.1:24"))).toEqual([]);
  expect(told(hops(" disabled\n default_backend b", " server to-f 127.0.0.1:22"))).toEqual([]);
});

test("each server once, however many listeners it has", () =>
  expect(told(one("*:1000-3000", "127.0.0.1"))).toHaveLength(1));

test("a file with as many listeners as servers takes no longer than reading it", () => {
  const servers = Array.from({ length: 2000 }, (_, index) => ` server s${index} 127.0.0.1:${2000 + index}`).join("\n");
  const text = `listen x\n bind *:2000-3999\n${servers}\n`;
  const read: { plan: Plan | null } = { plan: null };
  const readMs = processorMs(() => (read.plan = readText(text).plan));
  const { plan } = read;
  if (plan === null) throw new Error("refused");
  const diagnostics = new Diagnostics();
  const toldMs = processorMs(() => tellOfLoops(plan, diagnostics, "notice", () => [], own));
  expect(diagnostics.all).toHaveLength(2000);
  expect(toldMs).toBeLessThan(3 * readMs + 500);
});
