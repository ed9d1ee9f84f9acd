/** What a runtime's TLS does not heed is refused by name, at its line. */
import { expect, test } from "bun:test";
import { refuseUnheededTls } from "../../../../src/config/finish/unheeded-tls.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { readText } from "../../../cases/case.ts";
import { certificate, revocations } from "../../../certificates.ts";

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const web = certificate({ subject: "/CN=web.test", names: "DNS:web.test", issuer: authority });
const files = {
  web: web.certificate + web.key,
  ca: authority.certificate,
  crl: revocations(authority, []),
  list: "web [curves P-256]\n",
};

function refused(bind: string, server: string): string[] {
  const text = `defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s
listen l\n bind *:1-2 ${bind}\n server s 127.0.0.1:1 ${server}\n`;
  const { plan, diagnostics } = readText(text, files);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  const found = new Diagnostics();
  refuseUnheededTls(plan, found, "THIS");
  for (const one of found.all) expect(one.level).toBe("alert");
  return found.all.map(({ text: said }) => said);
}

const would = "would need TLS that heeds it, which THIS does not.";

test("each is named, of listeners, of lines of lists, and of servers", () => {
  const [bind, server] = ["ssl crt web", "ssl ca-file ca"];
  expect(refused("", "")).toEqual([]);
  expect(refused(bind, server)).toEqual([]);
  const verify = "ca-file ca verify required crl-file crl";
  expect(refused(`${bind} ${verify} no-tls-tickets`, server)).toEqual([
    `[case.cfg:6] : 'bind *:1-2' : 'crl-file', 'no-tls-tickets' ${would}`,
  ]);
  expect(refused("ssl crt-list list", `${server} crl-file crl ciphers ECDHE-ECDSA-AES128-GCM-SHA256`)).toEqual([
    `[list:1] : 'bind *:1-2' : 'curves' ${would}`,
    `[case.cfg:7] : 'server l/s' : 'crl-file', 'ciphers' ${would}`,
  ]);
});
