/** What sections and servers take over, they change for themselves alone. */
import { expect, test } from "bun:test";
import type { Plan } from "../../../../src/plan/plan.ts";
import { readText } from "../../../cases/case.ts";

function planOf(text: string): Plan {
  const { plan, diagnostics } = readText(text);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  return plan;
}

const defaults = `defaults
 mode tcp
 log 127.0.0.1 local0
 log-format %ci
 maxconn 5
 timeout client 1s
 timeout server 1s
 timeout connect 1s
 option dontlognull
 option tcp-check
 tcp-check send a
 tcp-check expect string b
 clitcpka-idle 5s
 srvtcpka-cnt 3
 hash-type consistent sdbm
 hash-balance-factor 150
 balance source
 source 192.0.2.1 interface eth0
 external-check path /bin
 default-server inter 1s send-proxy proxy-v2-options crc32c init-addr libc resolve-opts allow-dup-ip source 192.0.2.2
`;

/** Lines that change, each, what the defaults have said. */
const changes: Readonly<Record<"frontend" | "backend", readonly string[]>> = {
  frontend: [
    "bind 127.0.0.1:1",
    "log 127.0.0.2 local1",
    "log-format %cp",
    "maxconn 6",
    "timeout client 2s",
    "no option dontlognull",
    "option clitcpka",
    "clitcpka-idle 6s",
    "option logasap",
  ],
  backend: [
    "log 127.0.0.2 local1",
    "timeout server 2s",
    "timeout check 3s",
    "tcp-check send c",
    "option srvtcpka",
    "srvtcpka-cnt 4",
    "hash-type map-based djb2",
    "hash-balance-factor 160",
    "balance first",
    "source 192.0.2.3:5",
    "external-check path /usr/bin",
    "option persist",
    "option log-health-checks",
    "default-server inter 2s no-send-proxy proxy-v2-options unique-id init-addr none resolve-opts ignore-weight resolve-net 192.0.2.0/24 set-proxy-v2-tlv-fmt(0x20) %ci source 192.0.2.4",
  ],
};

const idle: Readonly<Record<"frontend" | "backend", string>> = {
  frontend: "bind 127.0.0.1:2",
  backend: "server s 192.0.2.9:2 check",
};

for (const kind of ["frontend", "backend"] as const) {
  const after = (lines: readonly string[]): object => {
    const text = `${defaults}${kind} a\n${lines.map((line) => ` ${line}\n`).join("")}${kind} b\n ${idle[kind]}\n`;
    const plan = planOf(text);
    const one = (kind === "frontend" ? plan.frontends : plan.backends)[1] ?? {};
    return { ...one };
  };
  for (const change of changes[kind]) {
    test(`${kind}: '${change}' holds for its section alone`, () => {
      expect(after([change])).toEqual(after([" # nothing"]));
    });
  }
}

const serverOptions = [
  "inter 3s",
  "send-proxy-v2",
  "no-send-proxy",
  "proxy-v2-options ssl",
  "init-addr none",
  "resolve-opts ignore-weight",
  "resolve-net 192.0.2.0/24",
  "set-proxy-v2-tlv-fmt(0x21) %cp",
  "source 192.0.2.5",
];
function besides(words: string): unknown {
  const text = `${defaults}backend b\n server s 192.0.2.9:2 ${words}\n server t 192.0.2.9:3\n`;
  return planOf(text).backends[0]?.servers[1];
}

for (const option of serverOptions) {
  test(`server: '${option}' holds for it alone`, () => expect(besides(option)).toEqual(besides("")));
}

test("each proxy counts the samples of the logs that it took over", () => {
  const { frontends } = planOf(`${defaults}frontend a\n bind 127.0.0.1:1\nfrontend b\n bind 127.0.0.1:2\n`);
  expect(frontends[0]?.logs).toEqual(frontends[1]?.logs ?? []);
  expect(frontends[0]?.logs[0]).not.toBe(frontends[1]?.logs[0] as never);
});
