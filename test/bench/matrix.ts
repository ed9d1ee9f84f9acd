/** What is measured of whom, and where: the one list. Everything of everybody would take hours. */
import type { Row } from "./measure.ts";
import { bulk, manyStreams, paced } from "./measures/bulk.ts";
import { body, requests } from "./measures/http.ts";
import { largeFile, reload, start } from "./measures/loading.ts";
import { idle, idleTls, keptAlive, stalled } from "./measures/memory.ts";
import { handshakes, securedBulk, securedRequests } from "./measures/tls.ts";
import { checks, connections, roundTrips } from "./measures/sessions.ts";
import { reading, sshBulk, sshConnections } from "./measures/ssh.ts";
import { home, type Place } from "./place.ts";

const bbr: Place = { network: "loopback", congestion: "bbr" };
const veth: Place = { network: "veth", congestion: "reno" };
const vethBbr: Place = { network: "veth", congestion: "bbr" };
const delay: Place = { network: "delay", congestion: "reno" };
const delayBbr: Place = { network: "delay", congestion: "bbr" };

const own = ["fairlead", "fairlead nosplice"];
const all = [...own, "fairlead noepoll"];
const pair = ["fairlead", "haproxy"];
const core = [...own, "haproxy"];
const wide = [...all, "haproxy", "haproxy 1 thread", "nginx"];
const others = ["haproxy", "haproxy 1 thread", "haproxy splice", "nginx", "socat"];
const everyone = ["direct", "C limit", ...all, "fairlead splice", "fairlead node", "fairlead deno", ...others];

/** In the order of running: by place, so that each is readied once. */
export const matrix: readonly Row[] = [
  { takers: everyone, measure: bulk("bulk", home, "fetch", 1) },
  {
    takers: ["direct", "C limit", ...wide, "fairlead splice", "haproxy splice"],
    measure: bulk("bulk", home, "push", 1),
  },
  {
    takers: ["direct", "C limit", ...wide, "fairlead splice", "haproxy splice"],
    measure: bulk("bulk", home, "fetch", 8),
  },
  { takers: ["direct", "C limit", ...all, "haproxy", "nginx"], measure: bulk("bulk", home, "push", 8) },
  { takers: ["direct", "C limit", ...all, "haproxy"], measure: paced("paced", home, 1) },
  { takers: ["direct", "C limit", ...all, "haproxy"], measure: paced("paced", home, 4) },
  { takers: ["direct", "C limit", ...wide], measure: roundTrips("trips", home, 1) },
  { takers: ["direct", "C limit", ...wide], measure: roundTrips("trips", home, 64) },
  {
    takers: ["direct", "C limit", ...pair, "haproxy 1 thread", "nginx", "socat"],
    measure: connections("connections", home, "plain", 1),
  },
  {
    takers: ["direct", "C limit", ...pair, "haproxy 1 thread", "nginx", "socat"],
    measure: connections("connections", home, "plain", 16),
  },
  { takers: ["direct", ...wide], measure: connections("connections", home, "plain", 32) },
  { takers: ["direct", ...pair, "haproxy 1 thread", "nginx"], measure: connections("connections", home, "plain", 128) },
  { takers: pair, measure: connections("rules", home, "rules", 16) },
  { takers: ["direct"], measure: reading("ssh", home) },
  ...[
    sshConnections("ssh", home, "fleet", 1),
    sshConnections("ssh", home, "fleet", 16),
    sshConnections("ssh", home, "fleet", 32),
    sshConnections("ssh", home, "strangers", 16),
  ].map((measure) => ({ takers: ["direct", "fairlead ssh", ...pair], measure })),
  ...[sshBulk("ssh", home, "fetch"), sshBulk("ssh", home, "push")].map((measure) => ({
    takers: ["fairlead ssh", ...pair],
    measure,
  })),
  ...[requests("http", home, 32), body("http", home, "length"), body("http", home, "chunks")].map((measure) => ({
    takers: [...pair, "haproxy 1 thread"],
    measure,
  })),
  { takers: pair, measure: keptAlive("idle", home) },
  ...[
    handshakes("tls", home, "full"),
    handshakes("tls", home, "resumed"),
    securedBulk("tls", home, "fetch"),
    securedBulk("tls", home, "push"),
    securedRequests("tls", home, 32),
    idleTls("tls", home),
  ].map((measure) => ({ takers: [...pair, "haproxy 1 thread"], measure })),
  { takers: [...pair, "fairlead noepoll"], measure: checks("checks", home) },
  { takers: ["C limit", ...all, "haproxy", "nginx", "socat"], measure: idle("idle", home) },
  { takers: ["C limit", ...own, "haproxy", "nginx", "socat"], measure: stalled("stall", home) },
  { takers: ["direct", ...core], measure: manyStreams("streams", home) },
  { takers: everyone.slice(1), measure: start("start", home) },
  { takers: pair, measure: largeFile("large", home, 1000) },
  { takers: pair, measure: largeFile("large", home, 2500) },
  { takers: pair, measure: largeFile("large", home, 10_000) },
  // HAProxy loads in another process, and keeps the one that serves as it is.
  { takers: ["fairlead"], measure: reload("reload", home, 1000) },
  { takers: ["fairlead"], measure: reload("reload", home, 10_000) },

  {
    takers: ["direct", "C limit", ...all, "haproxy", "haproxy splice", "nginx"],
    measure: bulk("bbr", bbr, "fetch", 1),
  },
  { takers: [...all, "haproxy"], measure: bulk("bbr", bbr, "push", 1) },
  { takers: ["C limit", ...all, "haproxy"], measure: bulk("bbr", bbr, "fetch", 8) },
  { takers: core, measure: paced("bbr", bbr, 1) },
  { takers: core, measure: paced("bbr", bbr, 4) },

  { takers: ["C limit", ...all, "haproxy"], measure: bulk("veth", veth, "fetch", 1) },
  { takers: core, measure: paced("veth", veth, 1) },
  { takers: core, measure: paced("veth", veth, 4) },
  { takers: pair, measure: roundTrips("veth", veth, 1) },
  { takers: core, measure: roundTrips("veth", veth, 64) },
  { takers: ["C limit", ...all, "haproxy"], measure: bulk("veth", vethBbr, "fetch", 1) },
  { takers: core, measure: paced("veth", vethBbr, 1) },
  { takers: core, measure: bulk("delay", delay, "fetch", 1) },
  { takers: core, measure: bulk("delay", delayBbr, "fetch", 1) },
];

/** The names that `BENCH=` knows. */
export const parts: readonly string[] = [...new Set(matrix.map(({ measure }) => measure.part))];
