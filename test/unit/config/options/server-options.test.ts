/** Options of `server` lines: what is said of a wrong word, and what those without a unit of their own set. */
import { expect, test } from "bun:test";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { planOf, saidOf } from "../reading.ts";

const back = (options: string): string => `backend b\n server s 127.0.0.1:6 ${options}\n`;
const server = (options: string): ServerPlan | undefined => planOf(back(options)).backends[0]?.servers[0];

test.each([
  ["weight 0", { weight: 0 }],
  ["maxconn -3 maxqueue 4", { maxconn: 0, maxqueue: 4 }],
  ["slowstart 5s", { slowstartMs: 5000 }],
  ["backup disabled", { backup: true, disabled: true }],
  ["backup no-backup disabled enabled", { backup: false, disabled: false }],
  ["init-addr last,10.0.0.1,none", { initAddr: ["last", "10.0.0.1", "none"] }],
  ["cc bbr tcp-ut 3s tfo", { congestion: "bbr", userTimeoutMs: 3000, fastOpen: true }],
  ["id 7", { id: 7 }],
  ["send-proxy-v2-ssl", { proxyHeader: { version: 2, options: ["ssl"] } }],
  ["send-proxy no-send-proxy", { proxyHeader: null }],
  ["send-proxy-v2 set-proxy-v2-tlv-fmt(0xe1) %ci", { proxyHeader: { tlvs: [{ type: 0xe1 }] } }],
  ["source 10.0.0.1:5 usesrc clientip weight 5", { weight: 5, source: { host: "10.0.0.1", useSource: "clientip" } }],
])("%s", (options, fields) => expect(server(options)).toMatchObject(fields as never));

const label = "'server b/s' : ";

test.each([
  ["weight 257", `${label}weight of server s is not within 0 and 256 (257).`],
  ["weight", `${label}'weight' expects an integer argument..`],
  ["id 0", `${label}'id' : custom id has to be > 0.`],
  ["slowstart 3x", `${label}unexpected character 'x' in 'slowstart' argument of server s.`],
  ["init-addr x", `${label}'init-addr' : unknown init-addr method 'x', supported methods are 'libc', 'last', 'none'..`],
  ["init-addr 10.0.0.1,10.0.0.2", `${label}'init-addr' : initial address already specified, cannot add '10.0.0.2'..`],
  ["resolve-prefer x", `${label}'resolve-prefer' expects either ipv4 or ipv6 as argument..`],
  ["resolve-net 10.0.0.0/33", `${label}'resolve-net' invalid network '10.0.0.0/33'..`],
  ["proxy-v2-options x", `${label}'x' : proxy v2 option not implemented.`],
  ["usesrc client", `${label}'usesrc' only allowed after a 'source' statement..`],
  ["pool-max-conn -2", `${label}'pool-max-conn' must be >= -1.`],
  ["ws h3", `${label}'ws' has to be 'auto', 'h1' or 'h2'.`],
  ["socks4 10.0.0.1:5", `${label}'socks4' is not supported`],
  ["wieght 5", `${label}unknown keyword 'wieght'; did you mean 'weight' maybe ?`],
])("%s", (options, message) => {
  expect(saidOf(back(options)).join("\n")).toContain(message);
});
