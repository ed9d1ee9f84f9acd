/** What is said of words about SSH, which HAProxy does not know. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { messagesOf } from "./case.ts";
import { describeOwnMessages } from "./oracle.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

describeOwnMessages("ssh", join(import.meta.dirname, "ssh"), 10);

const written = [
  ..."option ssh,no option ssh,option ssh-require,option sshlog,option ssh-check,ssh-check,ssh-check expect,ssh-check slow,ssh-error,no ssh-error,ssh-report-file".split(
    ",",
  ),
  ..."ssh-penalties,no ssh-penalties,ssh-penalties exempt,ssh-penalties exempt -f,ssh-penalties min".split(","),
  ..."ssh-maxstartups,ssh-login-grace,server s 127.0.0.1:1 ssh-maxstartups,default-server ssh-login-grace".split(","),
  ..."tune.ssh.lingering,tune.ssh.tarpit,timeout tarpit,log-format,unique-id-format".split(","),
  ..."connection session content"
    .split(" ")
    .flatMap((layer) => ["ssh-reject", "ssh-tarpit"].map((action) => `tcp-request ${layer} ${action}`)),
  ..."ssh-hostkeys,no ssh-hostkeys,ssh-hostkeys inter,ssh-hostkey,ssh-hostkeys-file".split(","),
  "server h 127.0.0.1:1 ssh-hostkey",
  "tcp-response content ssh-reject",
  "http-request ssh-tarpit",
];
const given = [
  ...'|"|x|x y|-1|1e9|99999999999999999999|code|! kex a(b|!mac|cipher (a*)*b|a code|a code 9999999999|a code 7 if|a if { ssh.kex|a if { ssh. x }'.split(
    "|",
  ),
  ..."%|%[|%[ssh.|%[ssh.kex|%[ssh.kex(]|%[ssh.client.ident,lower,]|%{+json}o%(a)[ssh.pq]|__proto__|constructor".split(
    "|",
  ),
  `"${"\\x00\\xff".repeat(300)}"`,
  `"${"%[src]".repeat(300)}"`,
];
const sections = ["global", "defaults", "defaults d", "frontend f", "listen l", "backend b", "frontend f\n mode http"];

test("whatever stands behind such a word, wherever that stands, is taken or told of", () => {
  for (const [at, section] of sections.entries()) {
    for (const [index, word] of written.entries()) {
      // A third of them in each place; in all places each stands somewhere.
      for (const words of given.filter((_, number) => (at + index + number) % 3 === 0)) {
        const said = messagesOf(`${section}\n ${word} ${words}\nlisten own\n bind :1\n server s 127.0.0.1:2\n`);
        // Nothing that is written can steer a terminal.
        expect(/[\0-\u0008\u000b-\u001f\u007f]/.test(said)).toBe(false);
      }
    }
  }
});
