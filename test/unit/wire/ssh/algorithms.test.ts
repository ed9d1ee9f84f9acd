/** Names to count by: all that OpenSSH, dropbear and the npm package know, and nobody's inventions. */
import { expect, test } from "bun:test";
import { type SshListKind, sshAlgorithmLabel } from "../../../../src/wire/ssh/algorithms.ts";
import { dropbear, openSsh7, openSsh10 } from "./bytes.ts";

const unknown = (kind: SshListKind, names: readonly string[]): readonly string[] =>
  names.filter((name) => sshAlgorithmLabel(kind, name) !== name);

test.each([
  ["OpenSSH 7's client", openSsh7.client],
  ["OpenSSH 10's client", openSsh10.client],
  ["dropbear", dropbear],
])("%s", (_name, lists) => {
  const pseudo = /^(?:ext-info|kex-strict|kexguess2)/;
  const split = (text: string): string[] => text.split(",").filter((name) => !pseudo.test(name));
  expect(unknown("keyExchange", split(lists.kex))).toEqual([]);
  expect(unknown("hostKey", split(lists.hostKey))).toEqual([]);
  expect(unknown("cipher", split(lists.ciphers))).toEqual([]);
  expect(unknown("mac", split(lists.macs))).toEqual([]);
  expect(unknown("compression", split(lists.compression))).toEqual([]);
});

test.each([
  ["keyExchange", "kex"],
  ["hostKey", "HostKeyAlgorithms"],
  ["cipher", "cipher"],
  ["mac", "mac"],
  ["compression", "compression"],
] as const)("what the installed OpenSSH knows: %s", (kind, query) => {
  if (Bun.which("ssh") === null) return console.warn("SKIPPED: needs ssh");
  const { stdout } = Bun.spawnSync(["ssh", "-Q", query]);
  const names = stdout.toString().trim().split("\n");
  expect(names.length).toBeGreaterThan(0);
  expect(unknown(kind, names)).toEqual([]);
});

test("of GSSAPI's the mechanism is left out, which may be anybody's", () => {
  const label = sshAlgorithmLabel("keyExchange", "gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==");
  expect(label).toBe("gss-group14-sha256");
  expect(sshAlgorithmLabel("keyExchange", "gss-mine-x")).toBeNull();
  expect(sshAlgorithmLabel("keyExchange", "gss-")).toBeNull();
});

test("inventions have no name of their own", () => {
  const names = ["", "constructor", "aes129-ctr", "AES128-CTR"];
  expect(names.map((name) => sshAlgorithmLabel("cipher", name))).toEqual([null, null, null, null]);
});
