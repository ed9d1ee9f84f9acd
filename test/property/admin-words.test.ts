// Whatever is asked of the admin socket has an answer: no word, and no number, makes one throw.
import { expect, setDefaultTimeout, test } from "bun:test";
import { addedKeyComplaint, addedValueComplaint } from "../../src/config/expressions/patterns.ts";
import { answerCommand } from "../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../src/ops/admin/command.ts";
import type { AdminSources } from "../../src/ops/admin/sources.ts";
import { readText } from "../cases/case.ts";
import { leaf, leafKey } from "../unit/config/pem-files.ts";
import { tlsPayloads } from "../unit/ops/tls-stage.ts";
import { bindPlan } from "../unit/proxy/plans.ts";
import { Scene } from "../unit/proxy/proxy-scene.ts";
import { number, text, words } from "./hostile.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("admin words");
const rounds = process.env["SOAK"] === "1" ? 100_000 : 3000;

const config = `frontend fe
 bind 127.0.0.1:1
 acl a src -f list
 use_backend be if a
 use_backend %[src,map(map)]
 default_backend be
backend be
 stick-table type string size 10 store gpc0,conn_rate(10s),gpt0
 server s1 127.0.0.1:1 check inter 1h agent-check agent-port 1 agent-inter 1h
 server s2 127.0.0.1:1
`;

const commands =
  `add acl #0|add acl list 10.0.0.1|add map map k v|clear acl list|clear map map|clear counters all|clear table be
clear table be data.gpc0 gt 1|clear table be key k|del acl list 10.0.0.1|del map map k|disable agent be/s1|disable frontend fe
disable health be/s1|disable server be/s1|enable agent be/s1|enable frontend fe|enable health be/s1|enable server be/s1
get acl list k|get map map k|get var proc.x|get weight be/s1|help show|prompt|set map map k v|set maxconn frontend fe 5
set maxconn global 5|set maxconn server be/s1 5|set rate-limit connections global 5|set server be/s1 addr 127.0.0.1 port 1
set server be/s1 agent up|set server be/s1 agent-addr 127.0.0.1|set server be/s1 agent-send x|set server be/s1 check-port 5
set server be/s1 fqdn x|set server be/s1 health up|set server be/s1 state ready|set server be/s1 weight 5
set severity-output number|set table be key k data.gpc0 5|set timeout cli 10s|set weight be/s1 5%|show acl list|show backend
show cli level|show cli sockets|show env HOME|show errors|show info typed desc|show info json|show map map|show resolvers x
show servers conn be|show servers state be|show sess 0x1|show stat fe 1 1 typed|show stat json|show startup-logs|show table be
show table be data.gpc0 gt 1|show table be key k|show version|shutdown frontend fe|shutdown session 0x1|shutdown sessions server be/s1
new ssl cert x|set ssl cert x|set ssl cert x.key|commit ssl cert x|abort ssl cert x|del ssl cert x|show ssl cert x|show ssl cert *x
new ssl ca-file x|set ssl ca-file x|commit ssl ca-file x|abort ssl ca-file x|del ssl ca-file x|show ssl ca-file x:1
new ssl crl-file x|set ssl crl-file x|commit ssl crl-file x|abort ssl crl-file x|del ssl crl-file x|show ssl crl-file x
show ssl crt-list -n x|add ssl crt-list x x|del ssl crt-list x x:1|show tls-keys *|set ssl tls-key #0 x`
    .split(/[|\n]/)
    .map((line) => line.split(" "));

function word(): string {
  const kind = random.between(0, 5);
  if (kind < 2) return random.pick(words);
  if (kind === 2) return String(number(random));
  if (kind === 3)
    return `${random.pick(["data.", "be/", "#", "@", "0x", "proc.", "txn.", "-", "!"])}${random.pick(words)}`;
  return kind === 4 ? text(random).slice(0, 60) : random.pick(random.pick(commands));
}

/** Null mostly; else anything, or a certificate with its key of which some is left out or is something else. */
function payload(): string | null {
  const kind = random.next();
  if (kind < 0.7) return null;
  if (kind < 0.85) return text(random);
  const pem = leaf + leafKey;
  const at = random.between(0, pem.length);
  return pem.slice(0, at) + (random.next() < 0.5 ? text(random) : "") + pem.slice(at + random.between(0, 80));
}

test("everything has an answer", async () => {
  await using scene = new Scene();
  const files = { list: "10.0.0.1\n", map: "k v\n" };
  const { plan, diagnostics } = readText(config, files);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  await scene.apply({ ...plan, frontends: plan.frontends.map((one) => ({ ...one, binds: [bindPlan()] })) });
  const { proxy } = scene;
  const sources: AdminSources = {
    info: {
      proxy: proxy.operator,
      version: "x",
      releaseDate: "x",
      node: "x",
      description: null,
      descriptors: 9,
      droppedLogs: 0,
      heapBytes: () => 5,
    },
    plan: () => plan,
    tables: proxy.tables,
    patterns: { all: () => proxy.tables.patterns.all(), wrongKey: addedKeyComplaint, wrongValue: addedValueComplaint },
    tlsPayloads,
    startupLogs: () => "",
    sockets: () => [],
    reload: () => Promise.resolve({ succeeded: false, text: "" }),
    variable: (name) => String(proxy.state.variables.values.get(name)?.value ?? "") || null,
    environment: () => process.env,
  };
  for (let left = rounds; left > 0; left--) {
    const said = [...random.pick(commands)];
    for (let change = random.between(0, 2); change > 0; change--) said[random.between(0, said.length)] = word();
    const session: AdminSession = {
      level: random.pick(["admin", "operator", "user"]),
      severityOutput: random.pick(["none", "number", "string"]),
      interactive: false,
      timeoutMs: 0,
      closing: false,
    };
    const command = said.join(" ");
    try {
      const answer = [...answerCommand(command, sources, session, payload())].join("");
      expect(answer.includes("[native code]")).toBe(false);
    } catch (error) {
      throw new Error(`${JSON.stringify(command)}: ${String(error)}`, { cause: error });
    }
  }
});
