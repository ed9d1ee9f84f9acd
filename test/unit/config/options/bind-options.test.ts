/** Options of `bind` lines: what each sets, and what is said of a wrong word. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const front = (options: string): string =>
  `frontend f\n bind 127.0.0.1:5 ${options}\n default_backend b\nbackend b\n server s 127.0.0.1:6\n`;

test.each([
  ["accept-proxy", { acceptProxy: true }],
  ["backlog 7", { backlog: 7 }],
  ["cc bbr", { congestion: "bbr" }],
  ["defer-accept", { deferAccept: true }],
  ["gid 8", { gid: 8 }],
  ["group root", { gid: 0 }],
  ["id 9", { id: 9 }],
  ["interface eth0", { interface: "eth0" }],
  ["maxconn 0", { maxconn: 0 }],
  ["mode 0660", { mode: 0o660 }],
  ["mss -1400", { mss: -1400 }],
  ["name n", { name: "n" }],
  ["tcp-ut 30s", { userTimeoutMs: 30_000 }],
  ["tfo transparent", { fastOpen: true, transparent: true }],
  ["uid 8", { uid: 8 }],
  ["user root", { uid: 0 }],
  ["v6only v4v6", { v6only: false }],
  ["v4v6 v6only", { v6only: true }],
])("%s", (options, fields) => {
  expect(planOf(front(options)).frontends[0]?.binds[0]).toMatchObject(fields);
});

const where = "alert: parsing [case.cfg:6] : 'bind 127.0.0.1:5' in section 'frontend' : ";

test.each([
  ["backlog", "'backlog' : missing value"],
  ["backlog 0", "'backlog' : invalid value 0, must be > 0"],
  ["maxconn -1", "'maxconn' : invalid value -1, must be >= 0"],
  ["interface", "'interface' : missing interface name"],
  ["cc", "'cc' : missing algorithm name"],
  ["name", "'name' : missing name"],
  ["id x", "'id' : expects an integer argument, found 'x'"],
  ["id 0", "'id' : custom id has to be > 0"],
  ["mss 65536", "'mss' : expects an MSS with and absolute value between 1 and 65535"],
  ["mode 8", "'mode' : missing or invalid mode '8' (octal integer expected)"],
  ["user", "'user' : missing user name"],
  ["user nobody-here", "'user' : unknown user name 'nobody-here'"],
  ["group nobody-here", "'group' : unknown group name 'nobody-here'"],
  ["level", "'level' : missing level"],
  ["level x", "'level' only supports 'user', 'operator', and 'admin' (got 'x')"],
  ["severity-output x", "'severity-output' only supports 'none', 'number', and 'string' (got 'x')"],
  ["expose-fd", "'expose-fd' : missing fd type"],
  ["expose-fd x", "'expose-fd' only supports 'listeners' (got 'x')"],
  ["nice", "'nice' : missing value"],
  ["nice -1025", "'nice' : invalid value -1025, allowed range is -1024..1024"],
  ["process x", "'process' : 'x' is not a valid number/range."],
  ["thread 1/x", "'1/x' : '1/x' is not a valid number/range."],
  ["shards 0", "'shards' : invalid value 0, allowed range is 1..64 or 'by-thread'"],
])("%s", (options, message) => expect(saidOf(front(options))).toContain(where + message));

test("options without effect are noted with their words, and processes warned of", () => {
  const options = "expose-fd listeners nice 5 thread 1-2 shards by-thread ciphers x no-sslv3";
  expect(planOf(front(options)).global.withoutEffect.map(({ keyword }) => keyword)).toEqual(
    "expose-fd nice thread shards ciphers no-sslv3".split(" "),
  );
  expect(saidOf(front("process 1/all"))).toEqual([
    "warning: parsing [case.cfg:6] : 'process 1/all' on 'bind' lines is deprecated and will be removed in 2.7.",
  ]);
});
