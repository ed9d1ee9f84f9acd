/** Wherever a sample of SSH may stand its sessions are read along; where it can be waited for, it is. */
import { describe, expect, test } from "bun:test";
import type { Plan } from "../../../../../src/plan/plan.ts";
import { fetches } from "../../../../../src/rules/fetches/fetches.ts";
import { isAvailable, type Site, sites } from "../../../../../src/rules/samples/sites.ts";
import { formatDiagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { readText } from "../../../../cases/case.ts";

type Half = "frontend" | "backend";

const timeouts = " timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
const delays = " tcp-request inspect-delay 1s\n";

/** Places by the half that they belong to: `E` stands for an expression, `C` for a condition. */
const places: readonly (readonly [half: Half, site: Site, line: string])[] = [
  ["frontend", "frontend tcp-request content rule", "tcp-request content reject C"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content accept C"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content set-var(txn.a) E"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content set-var-fmt(txn.a) a%[E]"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content set-src E"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content set-priority-class E"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content track-sc0 E table t"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content sc-set-gpt0(0) E"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content capture E len 9"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content do-resolve(txn.a,r) E"],
  ["frontend", "frontend tcp-request content rule", "tcp-request content ssh-tarpit C"],
  ["frontend", "frontend tcp-request content rule", "unique-id-format %[E]"],
  ["frontend", "frontend use-backend rule", "use_backend b C"],
  ["frontend", "frontend use-backend rule", "use_backend %[E]"],
  ["frontend", "logs", "log-format %[E]"],
  ["frontend", "logs", "log-format %{+json}o%(a)[E]"],
  ["frontend", "logs", "error-log-format %[E]"],
  ["frontend", "logs", "log-format-sd %[E]"],
  ["backend", "backend tcp-request content rule", "tcp-request content reject C"],
  ["backend", "backend tcp-request content rule", "tcp-request content set-var(txn.a) E"],
  ["backend", "backend tcp-request content rule", "force-persist C"],
  ["backend", "backend tcp-request content rule", "ignore-persist C"],
  ["backend", "backend use-server, balance or stick-match rule", "use-server s C"],
  ["backend", "backend use-server, balance or stick-match rule", "use-server %[E] if TRUE"],
  ["backend", "backend use-server, balance or stick-match rule", "balance hash E"],
  ["backend", "backend use-server, balance or stick-match rule", "stick on E table t"],
  ["backend", "backend use-server, balance or stick-match rule", "stick match E table t"],
  ["backend", "backend use-server, balance or stick-match rule", "stick store-request E table t"],
  ["backend", "backend use-server, balance or stick-match rule", "stick on src table t C"],
  ["backend", "server source selection", "server x 127.0.0.1:3 send-proxy-v2 set-proxy-v2-tlv-fmt(0xe0) %[E]"],
  ["backend", "server source selection", "default-server send-proxy-v2 set-proxy-v2-tlv-fmt(0xe0) %[E]"],
  ["backend", "server source selection", "server x 127.0.0.1:3 ssl verify none sni E"],
  ["backend", "backend stick-store rule", "stick store-response E table t"],
  ["backend", "backend tcp-response content rule", "tcp-response content set-var(sess.a) E"],
  ["backend", "backend tcp-response content rule", "tcp-response content reject C"],
];

/** What is read of SSH: the penalty of a source is not. */
const own = [...fetches.values()].filter(({ name, source }) => name.startsWith("ssh.") && source !== "client");

/** Each place with what may stand in it: by itself, behind a converter, in a named ACL, in one that `defaults` hand down. */
const written = places.flatMap(([half, site, line]) => {
  const fetch = own.findLast(({ source }) => isAvailable(source, site))?.name ?? "";
  const asked = line.replace("E", fetch);
  if (!line.endsWith("C"))
    return [line.replace("E", fetch), line.replace("E", `${fetch},lower`)].map((text) => ({
      half,
      site,
      text,
      acl: "",
    }));
  const test = `${fetch} -m found`;
  return [
    { half, site, text: asked.replace(/C$/, `if { ${test} }`), acl: "" },
    { half, site, text: asked.replace(/C$/, `unless !{ ${test} } or { src 1.1.1.1 }`), acl: "" },
    { half, site, text: asked.replace(/C$/, "if own"), acl: ` acl own src 1.1.1.1\n acl own ${test}\n` },
  ];
});

/** `defaults`: lines of one for that half alone, or for both. */
function planOf(defaults: string, front: string, back: string, delay: string, heir: Half | "both" = "both"): Plan {
  const from = (half: Half): string => (heir === half || heir === "both" ? "own" : "base");
  const later = delay === "" ? "" : " tcp-response inspect-delay 1s\n";
  const text = `resolvers r
 nameserver n 127.0.0.1:53
backend t
 stick-table type string size 9
defaults base
 log stdout local0
${timeouts}defaults own from base
${defaults}frontend f from ${from("frontend")}
 bind :1
${delay}${front} default_backend b
backend b from ${from("backend")}
${delay}${later}${back} server s 127.0.0.1:2
`;
  const { plan, diagnostics } = readText(text);
  if (plan === null) throw new Error(formatDiagnostics(diagnostics.all, 0));
  return plan;
}

const isRead = ({ frontends, backends }: Plan) => ({
  frontend: frontends.some(({ name, ssh }) => name === "f" && ssh.isRead),
  backend: backends.some(({ name, ssh }) => name === "b" && ssh.isRead),
});

describe("a sample of SSH", () => {
  test.each(written)("has its sessions read along in the $half: $text", ({ half, text, acl }) => {
    const line = `${acl} ${text}\n`;
    for (const delay of ["", delays]) {
      const plan = half === "frontend" ? planOf("", line, "", delay) : planOf("", "", line, delay);
      expect(isRead(plan)).toEqual({ frontend: half === "frontend", backend: half === "backend" });
      const read = isRead(plan);
      const isRule = text.startsWith("tcp-");
      if (acl === "" && !isRule) continue;
      const [handed, kept] = isRule
        ? [line, ""]
        : [
            acl,
            ` ${text}
`,
          ];
      const [front, back] = half === "frontend" ? [kept, ""] : ["", kept];
      expect(isRead(planOf(handed, front, back, delay, half))).toEqual(read);
    }
  });

  test("stands in each place that there is for it", () => {
    const possible = sites.filter((site) => own.some(({ source }) => isAvailable(source, site)));
    // As in HAProxy no line stands there.
    expect(possible.filter((site) => !places.some(([, one]) => one === site))).toEqual([
      "frontend tcp-response content rule",
    ]);
  });

  test("that nobody asks for has nothing read: not a named acl alone, nor a format of defaults that a section does not have", () => {
    expect(isRead(planOf(" acl own ssh.pq yes\n", "", "", ""))).toEqual({ frontend: false, backend: false });
    expect(isRead(planOf(" log-format %[ssh.pq]\n", " log-format a\n", "", ""))).toEqual({
      frontend: false,
      backend: false,
    });
  });

  test("in a log format of defaults is its frontends'", () => {
    expect(isRead(planOf(" log-format %[ssh.pq]\n", "", "", ""))).toEqual({ frontend: true, backend: false });
    expect(isRead(planOf(" option sshlog\n", "", "", ""))).toEqual({ frontend: true, backend: false });
  });
});

/** What rules of that half wait for and nothing else. */
const waits = (plan: Plan, half: "frontend" | "backend") => {
  const rules =
    half === "frontend"
      ? plan.frontends.find(({ name }) => name === "f")
      : plan.backends.find(({ name }) => name === "b");
  return rules?.contentRules
    .filter(({ action }) => action.kind === "wait")
    .map(({ condition }) => condition?.any[0]?.[0]?.acl.tests[0]?.expression.fetch);
};

describe("rules that wait", () => {
  const early = written.filter(({ site }) => !/response|store|logs/.test(site));
  test.each(early)("stand behind all others of the $half where there is a delay: $text", ({ half, text, acl }) => {
    const line = `${acl} ${text}\n`;
    const plan = (delay: string) => (half === "frontend" ? planOf("", line, "", delay) : planOf("", "", line, delay));
    expect(waits(plan(""), half)).toEqual([]);
    expect(waits(plan(delays), half)).toEqual(["ssh.client.version"]);
  });

  test("are none where only logs ask", () => {
    expect(waits(planOf("", " log-format %[ssh.client.ident]\n", "", delays), "frontend")).toEqual([]);
  });

  test("wait for all that is asked of a server, each once", () => {
    const line =
      " tcp-response content set-var(sess.a) ssh.kex\n stick store-response ssh.server.ident table t\n tcp-response content set-var(sess.b) ssh.kex\n";
    const { backends } = planOf("", "", line, delays);
    const rules = backends.find(({ name }) => name === "b")?.responseRules ?? [];
    expect(
      rules.map(({ action, condition }) => condition?.any[0]?.[0]?.acl.tests[0]?.expression.fetch ?? action.kind),
    ).toEqual(["set-var", "set-var", "ssh.kex", "ssh.server.ident"]);
  });

  test("of both halves of a listen section stand in its front", () => {
    const text = `listen l\n bind :1\n${timeouts}${delays} balance hash ssh.client.ident\n server s 127.0.0.1:2\n`;
    const { plan } = readText(text);
    expect(plan?.frontends[0]?.contentRules).toHaveLength(1);
    expect(plan?.backends[0]?.contentRules).toEqual([]);
  });
});

test("the same lines make the same plan", () => {
  const line = `${written
    .filter(({ half, acl }) => half === "frontend" && acl === "")
    .slice(0, 12)
    .map(({ text }) => ` ${text}\n`)
    .join("")} ssh-error a%[ssh.client.ident]\n`;
  expect(planOf(" option ssh\n", line, "", delays)).toEqual(planOf(" option ssh\n", line, "", delays));
});
