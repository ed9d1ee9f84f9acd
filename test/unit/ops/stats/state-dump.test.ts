/** What SIGHUP writes of proxies and servers, in HAProxy 2.6's words. */
import { expect, test } from "bun:test";
import { stateDump } from "../../../../src/ops/stats/state-dump.ts";
import { backendStats, frontendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

function textsOf(own: Parameters<typeof scriptedProxy>[0]): string[] {
  return Array.from(
    stateDump(scriptedProxy(own).proxy),
    ({ proxy, text, isHeadline }) => `${isHeadline ? "# " : ""}${proxy}: ${text}`,
  );
}

test("a proxy that is both is told of once, with its servers", () => {
  const servers = [
    serverStats(),
    serverStats({ name: "s2", state: "MAINT" }),
    serverStats({ name: "s3", state: "DRAIN" }),
  ];
  const own = {
    frontends: [frontendStats({ name: "both" })],
    backends: [backendStats(servers, { name: "both", queued: 2 })],
  };
  expect(textsOf(own)).toEqual([
    "# both: SIGHUP received, dumping servers states for proxy both.",
    "both: SIGHUP: Server both/s1 is UP. Conn: 1 act, 0 pend, 3 tot.",
    "both: SIGHUP: Server both/s2 is DOWN. Conn: 1 act, 0 pend, 3 tot.",
    "both: SIGHUP: Server both/s3 is UP. Conn: 1 act, 0 pend, 3 tot.",
    "both: SIGHUP: Proxy both has 1 active servers and 0 backup servers available. Conn: act(FE+BE): 1+1, 2 pend (0 unass), tot(FE+BE): 3+3.",
  ]);
});

test("frontends first, then backends, and which servers a proxy still has", () => {
  const backends = [
    backendStats([serverStats({ isBackup: true })], { name: "spare", activeServers: 0, backupServers: 1 }),
    backendStats([serverStats({ state: "DOWN" })], { name: "dead", activeServers: 0 }),
  ];
  const last = textsOf({ backends }).filter((line) => line.includes(": Proxy "));
  expect(last.map((line) => line.replace(/\. Conn.*/, ""))).toEqual([
    "fe: SIGHUP: Proxy fe has no servers",
    "spare: SIGHUP: Proxy spare is running on backup servers !",
    "dead: SIGHUP: Proxy dead has no server available !",
  ]);
});
