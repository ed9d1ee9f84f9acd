/** What cannot be had where a runtime's own sockets serve is refused by name, at its line. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { refuseLibcSockets } from "../../../../src/config/finish/libc-sockets.ts";
import { readText } from "../../../cases/case.ts";

function refused(text: string): string[] {
  const { plan } = readText(`defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n${text}`);
  if (plan === null) throw new Error(`refused:\n${text}`);
  const diagnostics = new Diagnostics();
  refuseLibcSockets(plan, diagnostics, "WHY");
  for (const one of diagnostics.all) expect(one.level).toBe("alert");
  return diagnostics.all.map(({ text: said }) => said.replace(/^\[case\.cfg:(\d+)\] : /, "$1 "));
}

const would = "would need libc's sockets, which WHY.";

/** A frontend with these words after its address, then a backend with these after its server's. */
const proxies = (bind: string, server = "", more = ""): string =>
  `frontend f\n bind *:1-2${bind}\n default_backend b\nbackend b\n server s 127.0.0.1:1${server}\n server t 127.0.0.1:2\n${more}`;

const listener = (name: string): string => `6 'bind *:1-2' : '${name}' ${would}`;
const server = (name: string): string => `9 'server b/s' : '${name}' ${would}`;

const cases: readonly (readonly [text: string, said: readonly string[]])[] = [
  [proxies(" backlog 5 maxconn 3 accept-proxy", " maxconn 3 send-proxy"), []],
  [proxies(" transparent"), [listener("transparent")]],
  [proxies(" defer-accept"), [listener("defer-accept")]],
  [proxies(" tfo"), [listener("tfo")]],
  [proxies(" interface lo mss 1000"), [`6 'bind *:1-2' : 'interface', 'mss' ${would}`]],
  [proxies(" tcp-ut 3s"), [listener("tcp-ut")]],
  [proxies(" cc reno"), [listener("cc")]],
  [proxies("", " tcp-ut 3s"), [server("tcp-ut")]],
  [proxies("", " cc reno"), [server("cc")]],
  [proxies("", " source 127.0.0.2"), []],
  [proxies("", " source 127.0.0.2 interface lo"), [server("interface")]],
  [proxies("", " source 0.0.0.0 usesrc clientip"), [server("usesrc")]],
  [
    proxies("", "", " source 0.0.0.0 usesrc clientip\n"),
    [server("usesrc"), server("usesrc").replace("9 'server b/s", "10 'server b/t")],
  ],
  [proxies("", "", " option srvtcpka\n srvtcpka-idle 3s\n"), []],
  [
    proxies("", "", " option srvtcpka\n srvtcpka-intvl 3s\n"),
    [server("srvtcpka-intvl"), server("srvtcpka-intvl").replace("9 'server b/s", "10 'server b/t")],
  ],
  [proxies("\n option clitcpka\n clitcpka-cnt 3"), [listener("clitcpka-cnt")]],
  [proxies("\n tcp-request connection set-mark 1"), [`7 'set-mark' ${would}`]],
  [proxies("", "", " tcp-request content set-tos 1\n"), [`11 'set-tos' ${would}`]],
  [proxies("\n tcp-request content reject if { fc_rtt gt 5 }"), [`7 'fc_rtt' ${would}`]],
  [proxies("\n tcp-request content set-var(sess.x) fc_rttvar"), [`7 'fc_rttvar' ${would}`]],
  [proxies('\n log stdout format raw local0\n log-format "%[fc_retrans]"'), [`5 'fc_retrans' ${would}`]],
];

for (const [text, said] of cases) test(text, () => expect(refused(text)).toEqual([...said]));
