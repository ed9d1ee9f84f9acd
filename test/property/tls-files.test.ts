// Files of TLS with bytes changed, lost and moved: each is refused with a message or kept whole, nothing else comes out, and what was kept serves.
import { expect, setDefaultTimeout, test } from "bun:test";
import { createSecureContext } from "node:tls";
import { readText } from "../cases/case.ts";
import { authority, client, intermediate, leaf, leafKey, revocations } from "../unit/config/pem-files.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("files of TLS");
const rounds = process.env["SOAK"] === "1" ? 50_000 : 1500;

const whole = {
  pem: client,
  chain: leaf + intermediate + leafKey,
  ca: authority,
  crl: revocations,
  list: "pem [alpn x verify optional ca-file ca ssl-min-ver TLSv1.2] *.a !b\n# x\nchain !*\n",
  keys: `${"QUJD".repeat(16)}\n`.repeat(3),
};
const names = Object.keys(whole) as (keyof typeof whole)[];

const line = "ssl crt pem crt chain ca-file ca crl-file crl verify optional crt-list list";
const config = `defaults\n timeout client 1s\nfrontend f\n bind :1 ${line}\n bind :2 tls-ticket-keys keys\n`;

function changed(text: string): string {
  const at = random.between(0, text.length);
  switch (random.between(0, 4)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random.between(0, 255)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(random.between(0, text.length));
    default:
      return `${text.slice(0, at)}${random.pick(["\n", "-----", "[", "]", "=", "A", text.slice(0, at)])}${text.slice(at)}`;
  }
}

test(`${rounds} rounds`, () => {
  let [kept, refused] = [0, 0];
  expect(readText(config, whole).plan).not.toBeNull();
  for (let round = 0; round < rounds; round++) {
    const files = { ...whole };
    const name = random.pick(names);
    for (let left = random.between(1, 3); left > 0; left--) files[name] = changed(files[name]);
    const { plan, diagnostics } = readText(config, files);
    expect(plan === null).toBe(diagnostics.refused);
    if (plan === null) refused += 1;
    else kept += 1;
    for (const { chain, key } of plan?.tls.certificates ?? []) createSecureContext({ cert: chain, key });
    for (const { pem } of plan?.tls.authorities ?? []) createSecureContext({ ca: pem });
  }
  expect(Math.min(kept, refused)).toBeGreaterThan(rounds / 100);
});
