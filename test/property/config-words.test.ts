// A word that every object knows, wherever it stands in a configuration, is a word like any other: refused with a message, or run.
import { Tables } from "../../src/rules/stick/tables.ts";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Plan } from "../../src/plan/plan.ts";
import { compileBackend } from "../../src/proxy/backend/backend-rules.ts";
import { compileFrontend } from "../../src/proxy/frontend/frontend-rules.ts";
import { compileLogFormat } from "../../src/rules/format/log-format.ts";
import { readCases, readText } from "../cases/case.ts";
import { words } from "./hostile.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("configuration words");
const rounds = process.env["SOAK"] === "1" ? 50_000 : 1500;
const wrong = readCases(join(import.meta.dir, "../cases/messages")).map((one) => one.config);
/** Nothing is wrong with it, and it has something of everything. */
const right = `global
 maxconn 100
 log 127.0.0.1:514 local0 notice
 stats socket /tmp/never.sock mode 600 level operator
 set-var proc.x str(a),map_str(m.map,b)
 tune.bufsize 16384
 tune.ssl.default-dh-param 2048
defaults base
 mode tcp
 log global
 option tcplog
 option tcpka
 timeout connect 5s
 timeout client 1m
 timeout server 1m
 balance leastconn
 default-server inter 2s fall 3 rise 2
resolvers dns
 nameserver one 127.0.0.1:53
 hold valid 10s
 timeout retry 1s
frontend fe from base
 bind 127.0.0.1:1001 name one accept-proxy
 bind ::1:1002 v6only
 acl local src 127.0.0.0/8 ::1
 acl late date(0,ms),utime(%H),concat(x,txn.y,z) -m beg 1 2
 log-format "%ci:%cp %{+Q}[src,ipmask(24)] %ts %B %[var(sess.who),json(utf8)] %[fc_pp_tlv(ALPN),hex] %[env(HOME)] %[str(a),debug(x,stdout)]"
 unique-id-format %{+X}o%ci:%Ts
 tcp-request connection track-sc0 src table st
 tcp-request connection reject if { sc_conn_cur(0,st) gt 10 } !local
 tcp-request session set-var(sess.who) str(x),regsub(a,b,g)
 tcp-request inspect-delay 5s
 tcp-request content set-var-fmt(txn.y) %[src]-%ci
 tcp-request content accept if { req.payload(0,4) -m str SSH- } late
 tcp-request content sc-inc-gpc0(0) unless local
 use_backend %[src,map_ip(i.map,be)] if { req.ssl_sni -m end .example }
 default_backend be
backend be from base
 balance hash src,ipmask(24)
 hash-type consistent sdbm avalanche
 stick-table type ip size 1k expire 1m store gpc0,conn_rate(10s)
 stick on src table st
 stick store-request dst if { always_true }
 option tcp-check
 tcp-check connect port 22
 tcp-check send-binary 0d0a
 tcp-check expect rstring ^SSH-(1|2) comment banner
 tcp-response inspect-delay 1s
 tcp-response content reject if { res.len gt 3 }
 source 0.0.0.0 usesrc clientip
 use-server s1 if { src_port 1:10 }
 server s1 127.0.0.1:22 check send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) %[src] weight 5 maxconn 10
 server s2 here.example:22 resolvers dns init-addr none backup track be/s1
 server-template t 1-3 _ssh._tcp.example resolvers dns init-addr none
backend st
 stick-table type ip size 1k store conn_cur,gpc0,conn_cnt
`;
const configs = [...wrong, ...wrong.map(() => right)];

const known = ["constructor", "__proto__", "toString", "hasOwnProperty"];

/** A text with one of its words, or of a word's parts, replaced. */
function damaged(config: string): string {
  const places = [...config.matchAll(random.next() < 0.5 ? /[^\s]+/g : /[\w.-]+/g)];
  if (places.length === 0) return config;
  const place = random.pick(places);
  const word = random.next() < 0.7 ? random.pick(known) : random.pick(words);
  return config.slice(0, place.index) + word + config.slice(place.index + place[0].length);
}

/** Compiles everything that sessions would run. */
function compile(plan: Plan): void {
  const plans = [...plan.frontends, ...plan.backends].flatMap(({ stickTable }) => stickTable ?? []);
  const made = new Tables().next(plans, plan.patternLists);
  let step = made.next();
  while (step.done !== true) step = made.next();
  const tables = step.value;
  for (const one of plan.frontends) {
    compileFrontend(one, tables);
    for (const format of [one.logFormat, one.errorLogFormat, one.logFormatSd])
      if (format !== null) compileLogFormat(format, tables, one.name);
  }
  for (const one of plan.backends) compileBackend(one, tables);
}

test("wherever it stands", () => {
  let compiled = 0;
  for (let left = rounds; left > 0; left--) {
    const config = damaged(random.next() < 0.3 ? damaged(random.pick(configs)) : random.pick(configs));
    try {
      const { plan } = readText(config, { "m.map": "a 1.2.3.4\n", "i.map": "10.0.0.0/8 be\n" });
      if (plan === null) continue;
      compile(plan);
      compiled += 1;
    } catch (error) {
      throw new Error(`${JSON.stringify(config)}: ${String(error)}`, { cause: error });
    }
  }
  expect(compiled).toBeGreaterThan(rounds / 50);
}, 600_000);
