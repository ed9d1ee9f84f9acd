/** No word of TLS is left behind: on lines of either side each works or is refused, and none is among those without effect. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { keywords } from "../../../../src/config/keywords/language.ts";
import { bindTlsRows } from "../../../../src/config/options/bind-tls.ts";
import { serverTlsRows } from "../../../../src/config/options/server-tls.ts";
import type { Keyword } from "../../../../src/config/row/row.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const bind = new Set(bindTlsRows.map(({ name }) => name));
const server = new Set(serverTlsRows.map(({ name }) => name));

const isOfTls = ({ scope, name }: Keyword): boolean =>
  scope === "bind"
    ? bind.has(name)
    : scope === "server"
      ? server.has(name)
      : scope === "global" && /^ssl-(?:default|server)-/.test(name);

test("each works or is refused", () => {
  const words = keywords.filter(isOfTls);
  expect(words.length).toBeGreaterThan(80);
  const idle = words.filter((word) => word.class === "no-effect");
  expect(idle.map(({ scope, name }) => `${scope} ${name}`)).toEqual([]);
});

/** HAProxy's words that `-dKcfg` prints behind `before`. */
function registered(before: RegExp): string[] {
  const { stdout } = spawnSync("haproxy", ["-dKcfg", "-q", "-c", "-f", "/dev/null"], { encoding: "utf8" });
  return (stdout ?? "").split("\n").flatMap((line) => before.exec(line)?.[1] ?? []);
}

const ofBind = registered(/^\tbind <addr> ssl (\S+)/);
const ofServer = registered(/^\tserver <name> <addr> (\S+)/);

test.skipIf(ofBind.length === 0)("those that HAProxy registers for TLS are all known as such", () => {
  expect(ofBind.length).toBeGreaterThan(30);
  expect(ofBind.filter((name) => !bind.has(name))).toEqual([]);
  // Of a server's words those are of TLS that listeners have for it, and those that name it.
  const known = new Set(ofBind);
  const words = ofServer.filter((name) => known.has(name) || /^(?!.*proxy).*(?:ssl|tls|sni|alpn)/.test(name));
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter((name) => !server.has(name))).toEqual([]);
});
